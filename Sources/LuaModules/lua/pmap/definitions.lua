--- The definitions of the modules, Sources/LuaModules/meta, read into tables, and laid out for a terminal for `pmap help`.
--- scripts/reference writes Markdown from the same tables, and compares them with the modules.
local definitions = {}

-- ---- Reading ----

-- "T # text", or only a type.
local function type_and_text(rest)
  local type, text = rest:match "^(.-) # (.*)$"
  return type or rest, text
end

--- Reads the definitions of one module: name, variable, text, fields, functions, classes. A class has the same but classes,
--- and a base. A function: name, text, is_method, parameters (name, type, text, is_optional), returns (types). A field:
--- name, type, text, is_optional.
function definitions.read(source)
  local module = { classes = {} }
  local owner -- the class whose fields come
  local variables = {} -- classes by the variable that stands for them
  local text, parameters, returns = {}, {}, {}

  local function taken_text()
    local whole = table.concat(text, " "):gsub("\n\n ", "\n\n")
    text = {}
    return whole
  end

  local function add_class(name, base)
    owner = { name = name:match "[^.]+$", base = base:match "[^.]+$", fields = {}, functions = {}, text = taken_text() }
    if name == module.name then
      owner.classes, owner.name = module.classes, name
      module = owner
    else
      table.insert(module.classes, owner)
    end
  end

  -- The parameters are those of the function; what their lines say of them is nil where there is no line.
  local function add_function(variable, separator, name, list)
    local class = assert(variables[variable], variable .. " is no class")
    local fn = { name = name, text = taken_text(), parameters = {}, returns = returns, is_method = separator == ":" }
    for parameter in list:gmatch "[%w_.]+" do
      table.insert(fn.parameters, parameters[parameter] or { name = parameter })
    end
    table.insert(class.functions, fn)
    parameters, returns = {}, {}
  end

  for line in source:gmatch "([^\n]*)\n" do
    local name, base = line:match "^%-%-%-@class ([%w_.]+):? ?([%w_.]*)"
    local alias = line:match "^%-%-%-@alias ([%w_.]+)"
    local field, mark, rest = line:match "^%-%-%-@field ([^%s?]+)(%??) (.*)"
    local parameter, parameter_mark, parameter_rest = line:match "^%-%-%-@param ([%w_.]+)(%??) (.*)"
    local variable, separator, called, list = line:match "^function (%w+)([.:])([%w_]+)%((.-)%) end$"
    if line:match "^%-%-%-@meta " then
      module.name = line:match "^%-%-%-@meta (%S+)"
    elseif name or alias then
      add_class(name or alias, base or "")
    elseif field then
      local type, about = type_and_text(rest)
      table.insert(owner.fields, { name = field, is_optional = mark == "?", type = type, text = about })
    elseif parameter then
      local type, about = type_and_text(parameter_rest)
      parameters[parameter] = { name = parameter, is_optional = parameter_mark == "?", type = type, text = about }
    elseif line:match "^%-%-%-@return " then
      table.insert(returns, (line:match "^%-%-%-@return (.*)"))
    elseif variable then
      add_function(variable, separator, called, list)
    elseif line:match "^%-%-%- " then
      text[#text + 1] = line:sub(5)
    elseif line == "---" then -- a paragraph ends
      text[#text] = text[#text] .. "\n\n"
    elseif line:match "^[%w ]*= {}$" then
      variable = line:match "(%w+) = {}$"
      variables[variable] = owner
      owner.variable = variable
    elseif line == "" then
      text, parameters, returns = {}, {}, {}
    end
  end
  return module
end

--- `map(f, items [, chunksize])`
function definitions.signature(fn)
  local words, open = {}, 0
  for place, parameter in ipairs(fn.parameters) do
    local comma = place > 1 and ", " or ""
    local name = parameter.name == "..." and "…" or parameter.name
    if parameter.is_optional then
      words[place] = (place > 1 and " [" or "[") .. comma .. name
      open = open + 1
    else
      words[place] = comma .. name
    end
  end
  return fn.name .. "(" .. table.concat(words) .. ("]"):rep(open) .. ")"
end

--- Whether a field has a name, and is not a pattern of keys.
function definitions.is_named(field) return field.name:match "^[%w_]+$" ~= nil end

-- ---- Laying out ----

-- The words of a text in lines that `first` stands in front of, and then `indent`, or as many spaces.
local function wrapped(text, first, width, indent)
  local lines, line = {}, first
  indent = indent or (" "):rep(utf8.len(first))
  local is_empty = true
  for word in text:gmatch "%S+" do
    if not is_empty and utf8.len(line) + 1 + utf8.len(word) > width then
      lines[#lines + 1] = line
      line, is_empty = indent, true
    end
    line = is_empty and line .. word or line .. " " .. word
    is_empty = false
  end
  lines[#lines + 1] = line
  return table.concat(lines, "\n") .. "\n"
end

local function paragraphs(text, indent, width)
  local parts = {}
  for paragraph in (text .. "\n\n"):gmatch "(.-)\n\n" do
    if paragraph ~= "" then parts[#parts + 1] = wrapped(paragraph, indent, width) end
  end
  return table.concat(parts, "\n")
end

-- A name, and what it is below it.
local function member(name, text, width)
  return wrapped(name, "  ", width, "          ") .. (text ~= "" and wrapped(text, "      ", width) or "")
end

local function about_field(field)
  return (field.is_optional and field.type .. ", or nil" or field.type) .. (field.text and ": " .. field.text or "")
end

local function members(class, prefix, width)
  local parts = {}
  for _, field in ipairs(class.fields) do
    if definitions.is_named(field) then parts[#parts + 1] = member(prefix .. field.name, about_field(field), width) end
  end
  for _, fn in ipairs(class.functions) do
    parts[#parts + 1] = member((fn.is_method and ":" or prefix) .. definitions.signature(fn), fn.text, width)
  end
  return table.concat(parts)
end

-- A heading, and parts below it with a free line in between.
local function article(heading, ...)
  local parts = { heading .. "\n" }
  for _, part in ipairs { ... } do
    if part ~= "" then parts[#parts + 1] = part end
  end
  return table.concat(parts, "\n")
end

local function module_article(module, width)
  local classes = {}
  for _, class in ipairs(module.classes) do
    classes[#classes + 1] = member(module.name .. "." .. class.name, class.text, width)
  end
  local hint = #classes > 0 and wrapped("pmap help NAME shows each of these with all that it has:", "  ", width) or ""
  local list = members(module, (module.variable or module.name) .. ".", width)
  return article(module.name, paragraphs(module.text, "  ", width), list, hint, table.concat(classes))
end

local function class_article(path, class, width)
  local base = class.base and wrapped("It has all that " .. class.base .. " has.", "  ", width) or ""
  return article(path, paragraphs(class.text, "  ", width), base, members(class, ".", width))
end

local function function_article(path, fn, width)
  local rows, widest = {}, 0
  for _, parameter in ipairs(fn.parameters) do
    local about = (parameter.type or "any") .. (parameter.is_optional and ", may be left out" or "")
    if parameter.text then about = about .. ": " .. parameter.text end
    rows[#rows + 1] = { parameter.name == "..." and "…" or parameter.name, about }
  end
  for place, type in ipairs(fn.returns) do rows[#rows + 1] = { place == 1 and "returns" or "and", type } end
  for _, row in ipairs(rows) do widest = math.max(widest, utf8.len(row[1])) end
  local lines = {}
  for place, row in ipairs(rows) do
    local left = "  " .. row[1] .. (" "):rep(widest - utf8.len(row[1]) + 3)
    lines[place] = wrapped(row[2], left, width)
  end
  local heading = wrapped(path .. definitions.signature(fn):sub(#fn.name + 1), "", width, "    "):sub(1, -2)
  return article(heading, paragraphs(fn.text, "  ", width), table.concat(lines))
end

-- ---- Finding ----

-- Everything that has a name, in the order of the modules, and how it is laid out.
local function all_entries(sources)
  local entries = {}
  local function add(module, path, lay_out)
    local alias = module.variable .. path:sub(#module.name + 1) -- mp.Pool
    table.insert(entries, { path = path, alias = alias, lay_out = lay_out })
  end
  local function add_members(module, class, path)
    for _, field in ipairs(class.fields) do
      local name = path .. "." .. field.name
      if definitions.is_named(field) then
        add(module, name, function(width) return article(name, wrapped(about_field(field), "  ", width)) end)
      end
    end
    for _, fn in ipairs(class.functions) do
      local name = path .. (fn.is_method and ":" or ".") .. fn.name
      add(module, name, function(width) return function_article(name, fn, width) end)
    end
  end
  for _, source in ipairs(sources) do
    local module = definitions.read(source)
    add(module, module.name, function(width) return module_article(module, width) end)
    add_members(module, module, module.name)
    for _, class in ipairs(module.classes) do
      local path = module.name .. "." .. class.name
      add(module, path, function(width) return class_article(path, class, width) end)
      add_members(module, class, path)
    end
  end
  return entries
end

-- `Pool:map` is the end of `multiprocessing.Pool:map`, and so is `pool.map` where case does not count.
local function is_end(wanted, path, fold)
  wanted, path = fold(wanted:gsub(":", ".") .. ""), fold("." .. path:gsub(":", "."))
  return path:sub(-#wanted - 1) == "." .. wanted
end

local function same(text) return text end

--- What the definitions of the modules, a list of texts, say of a name, in lines of at most `width` characters; or nil and
--- all names that there are: each from the module on, and in all shorter ways.
function definitions.help(sources, name, width)
  local entries = all_entries(sources)
  for _, fold in ipairs { same, string.lower } do
    local found = {}
    for _, entry in ipairs(entries) do
      if is_end(name, entry.path, fold) or fold(name:gsub(":", ".") .. "") == fold(entry.alias:gsub(":", ".") .. "") then
        found[#found + 1] = entry.lay_out(width)
      end
    end
    if #found > 0 then return table.concat(found, "\n") end
  end
  local names, seen = {}, {}
  for _, entry in ipairs(entries) do
    for _, path in ipairs { entry.path, entry.alias } do
      repeat
        if not seen[path] then names[#names + 1] = path end
        seen[path] = true
        path = path:match "^[^.:]+[.:](.+)$"
      until not path
    end
  end
  return nil, names
end

--- The name of each module and the first sentence about it, one behind the other in one list.
function definitions.topics(sources)
  local list = {}
  for _, source in ipairs(sources) do
    local module = definitions.read(source)
    list[#list + 1] = module.name
    list[#list + 1] = module.text:match "^(.-)%.%f[%s\0]" or module.text
  end
  return list
end

return definitions
