--- Readable texts of values, as Python prints them: `{1, 2, a = 3}`.
local shown = {}

-- The depth from which tables in tables are "{…}".
local deepest = 8

local keywords = {}
for word in ("and break do else elseif end false for function goto if in local nil not or repeat return then true until while")
  :gmatch "%a+" do
  keywords[word] = true
end

local function before(left, right)
  if type(left) ~= type(right) then return type(left) < type(right) end
  if type(left) == "number" or type(left) == "string" then return left < right end
  return tostring(left) < tostring(right)
end

local value

local function named(key, open)
  local is_name = type(key) == "string" and key:find "^[%a_][%w_]*$" and not keywords[key]
  return is_name and key or "[" .. value(key, open) .. "]"
end

-- The pairs of a table that are not in its first `count` places, sorted by key.
local function named_values(source, count, open, into)
  local keys = {}
  for key in next, source do
    if not (math.type(key) == "integer" and key >= 1 and key <= count) then keys[#keys + 1] = key end
  end
  table.sort(keys, before)
  for _, key in ipairs(keys) do into[#into + 1] = named(key, open) .. " = " .. value(source[key], open) end
  return into
end

local function contents(source, count, open)
  if open[source] or open.depth >= deepest then return "{…}" end
  open[source], open.depth = true, open.depth + 1
  local texts = {}
  for place = 1, count do texts[place] = value(rawget(source, place), open) end
  named_values(source, count, open, texts)
  open[source], open.depth = nil, open.depth - 1
  return "{" .. table.concat(texts, ", ") .. "}"
end

function value(each, open)
  if type(each) == "string" then return (("%q"):format(each):gsub("\\\n", "\\n")) end
  if type(each) ~= "table" then return tostring(each) end
  local meta = getmetatable(each)
  if meta == nil then return contents(each, #each, open) end
  return tostring(each)
end

--- A value inside others.
function shown.value(each) return value(each, { depth = 0 }) end

--- A table, whatever its metatable: its first `count` places, and what else is in it.
function shown.table(source, count) return contents(source, count or #source, { depth = 0 }) end

--- Names and values of an object: `Namespace(a = 1)`.
function shown.object(name, fields) return name .. "(" .. shown.table(fields, 0):sub(2, -2) .. ")" end

return shown
