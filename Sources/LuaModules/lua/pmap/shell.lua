--- Commands of `--sh`: made of a template and an item, as GNU parallel makes them, and run by a shell.
local core = require "_multiprocessing"
local subprocess = require "subprocess"

local shell = {}

-- The longest argument of a program that the kernel takes, without the NUL behind it.
local longest_command <const> = 131071

-- A failure has so many lines of the standard error, unless they are longer than that.
local most_lines <const>, most_bytes <const> = 5, 1000

-- ---- The parts of a word ----

local function without_extension(path) return (path:gsub("%.[^/.]*$", "")) end
local function base_name(path) return path:match "[^/]*$" end
local function without_last_slashes(path) return (path:gsub("(.)/*$", "%1", 1)) end

local function folder_of(path)
  local folder, name = path:match "^(.*/)(.*)$"
  if not folder then return "." end
  folder = without_last_slashes(folder)
  if name ~= "" then return folder end
  folder = folder:match "^.*/"
  return folder and without_last_slashes(folder) or "."
end

-- What stands before the closing brace, and what it makes of a word.
local changes = {
  [""] = function(word) return word end,
  ["."] = without_extension,
  ["/"] = base_name,
  ["//"] = folder_of,
  ["/."] = function(path) return without_extension(base_name(path)) end,
}

--- A word that the shell reads as it is.
local function quoted(word)
  if word == "" then return "''" end
  if not word:find "[^%w_.+/-]" then return word end
  return (("'" .. word:gsub("'", [['"'"']]) .. "'"):gsub("^''", ""):gsub("''$", ""))
end
shell.quoted = quoted

-- ---- The template ----

-- One replacement of the template: what stands between its braces.
local function replacement(body)
  local change, text = changes[body], "{" .. body .. "}"
  if change then return { kind = "item", change = change, text = text } end
  if body == "#" then return { kind = "index" } end
  if body == "%" then return { kind = "worker" } end
  local place, rest = body:match "^(%-?[1-9]%d*)(.*)$"
  change = rest and changes[rest]
  if change then return { kind = "place", place = math.tointeger(place), change = change, text = text } end
  local name, suffix = body:match "^(.-)([./]*)$"
  return { kind = "name", body = body, name = name, change = changes[suffix], text = text }
end

--- The pieces of a template, in order: strings, and replacements.
function shell.pieces(template)
  local pieces, start = {}, 1
  for from, body, next in template:gmatch "(){([^{}]*)}()" do
    if body:find "^=.*=$" then
      core.fail(("{%s} is Perl; write a script with a task that calls pmap.sh: pmap help pmap.sh"):format(body))
    end
    if from > start then table.insert(pieces, template:sub(start, from - 1)) end
    local piece = replacement(body)
    -- A variable of the shell, if there is no such column.
    if piece.kind == "name" then piece.is_variable = template:sub(from - 1, from - 1) == "$" end
    table.insert(pieces, piece)
    start = next
  end
  if start <= #template then table.insert(pieces, template:sub(start)) end
  return pieces
end

-- The same with the item at its end, if it stands nowhere. Names count where they are those of columns.
local function with_item(pieces, are_names)
  local all = {}
  for place, piece in ipairs(pieces) do
    if type(piece) == "table" and (are_names or piece.kind ~= "name") then return pieces end
    all[place] = piece
  end
  local added = replacement ""
  added.text = nil -- it is not in the command
  table.insert(all, " ")
  table.insert(all, added)
  return all
end

-- What spaces separate, each as pieces of its own, and whether the item is in it.
local function contexts(pieces)
  local all = { { has_item = false } }
  for _, piece in ipairs(pieces) do
    if type(piece) == "table" then
      local context = all[#all]
      table.insert(context, piece)
      context.has_item = context.has_item or piece.kind == "item"
    else
      for space, text in piece:gmatch "([ \t]*)([^ \t]*)" do
        if space ~= "" then
          table.insert(all, { space, has_item = false })
          table.insert(all, { has_item = false })
        end
        if text ~= "" then table.insert(all[#all], text) end
      end
    end
  end
  return all
end

-- ---- The item ----

-- A float as the shortest text that is the same number.
local function float_text(number)
  for digits = 15, 17 do
    local text = ("%." .. digits .. "g"):format(number)
    if tonumber(text) == number then return math.type(tonumber(text)) == "integer" and text .. ".0" or text end
  end
  return tostring(number)
end

local function text_of(value, where)
  local kind = math.type(value) or type(value)
  if kind == "string" then return value end
  if kind == "integer" or kind == "boolean" then return tostring(value) end
  if kind == "float" then return float_text(value) end
  error(("a %s cannot stand in a command: %s"):format(value == pmap.null and "null" or kind, where), 0)
end

local function is_row(item) return type(item) == "table" and #item == 0 and next(item) ~= nil end

-- The words of an item that is no row: a list in a list is as if its words stood there.
local function words_of(item)
  if type(item) ~= "table" then return { text_of(item, "{}") } end
  local words = {}
  local function add(list)
    for _, each in ipairs(list) do
      if is_row(each) then
        error("the item is a list of rows, and a command takes one; leave out --batch, or write a script", 0)
      elseif type(each) == "table" then
        add(each)
      else
        table.insert(words, text_of(each, ("{%d}"):format(#words + 1)))
      end
    end
  end
  add(item)
  return words
end

local function refuse_unnamed(piece)
  if not piece.text then error("the item has names, and the command has none of them; write {NAME} for a field of it", 0) end
  error(("%s has no value, as the item has names; write {NAME} for a field of it"):format(piece.text), 0)
end

-- The quoted words after a change, with a space between them.
local function joined(words, change)
  local all = {}
  for place, word in ipairs(words) do all[place] = quoted(change(word)) end
  return table.concat(all, " ")
end

local function field_of(row, piece)
  local value, change = row[piece.body], changes[""]
  if value == nil and piece.change then value, change = row[piece.name], piece.change end
  if value ~= nil then return quoted(change(text_of(value, piece.text))) end
  if piece.is_variable or not piece.body:find "^[%a_][%w_]*[./]*$" then return piece.text end
  error(("%s is the name of no field; { %s } with spaces is left to the shell"):format(piece.text, piece.body), 0)
end

local fill = {}

function fill.item(piece, _, words) return joined(words, piece.change) end
function fill.index(_, index) return tostring(index) end
function fill.worker() return tostring(pmap.worker.id) end

function fill.place(piece, _, words)
  local word = words[piece.place < 0 and #words + 1 + piece.place or piece.place]
  return word and quoted(piece.change(word)) or ""
end

function fill.name(piece) return piece.text end

local function filled(pieces, index, words)
  local parts = {}
  for place, piece in ipairs(pieces) do
    parts[place] = type(piece) == "string" and piece or fill[piece.kind](piece, index, words)
  end
  return table.concat(parts)
end

-- Of a row; its words have no order.
local function filled_by_name(pieces, index, row)
  local parts = {}
  for place, piece in ipairs(pieces) do
    if type(piece) == "string" then
      parts[place] = piece
    elseif piece.kind == "name" then
      parts[place] = field_of(row, piece)
    elseif piece.kind == "place" or piece.kind == "item" then
      refuse_unnamed(piece)
    else
      parts[place] = fill[piece.kind](piece, index)
    end
  end
  return table.concat(parts)
end

-- Of a batch: a part of the template that has the item in it stands there once for each word.
local function filled_by_context(all, index, words)
  local parts = {}
  for _, context in ipairs(all) do
    if context.has_item then
      local copies = {}
      for place, word in ipairs(words) do
        local texts = {}
        for number, piece in ipairs(context) do
          texts[number] = type(piece) == "string" and piece
            or fill[piece.kind](piece, index, piece.kind == "item" and { word } or words)
        end
        copies[place] = table.concat(texts)
      end
      table.insert(parts, table.concat(copies, " "))
    else
      table.insert(parts, filled(context, index, words))
    end
  end
  return table.concat(parts)
end

--- A function of an item and its number, which is the command. `is_batch` says that an item is some inputs together.
function shell.command(template, is_batch)
  local pieces = shell.pieces(template)
  local of_words, of_names = with_item(pieces, false), with_item(pieces, true)
  local of_batch = is_batch and contexts(of_words)
  return function(item, index)
    local command
    if type(item) == "string" then
      command = filled(of_words, index, { item })
    elseif is_row(item) then
      command = filled_by_name(of_names, index, item)
    else
      local words = words_of(item)
      command = of_batch and filled_by_context(of_batch, index, words) or filled(of_words, index, words)
    end
    if command:find("\0", 1, true) then error("the item has a NUL, which no command can have", 0) end
    if #command > longest_command then
      error(("the command has %d bytes, and the kernel takes %d"):format(#command, longest_command), 0)
    end
    return command
  end
end

-- ---- The program ----

-- The last lines of a text, and where they begin.
local function last_lines(text)
  local ended = text:gsub("\n+$", "")
  local start, lines = #ended + 1, 0
  while start > 1 and lines < most_lines do
    local line = ended:sub(1, start - 2):match "()[^\n]*$"
    if lines > 0 and #ended - line >= most_bytes then break end
    start, lines = line, lines + 1
  end
  return ended:sub(start), start
end

-- The message of a failure. Of a long standard error what stands in front of its last lines is written as it is.
local function failure(status, errors)
  local lines, start = last_lines(errors)
  if start > 1 then io.stderr:write(errors:sub(1, start - 1)) end
  local ending = status < 0 and "killed by " .. core.signal_name(-status) or "exit " .. status
  return lines == "" and ending or ending .. ": " .. lines
end

--- The task: runs the command of an item. What it writes, without the last newline, is the result; for `use` "filter" it
--- is whether the status was 0, and one above 1 is a failure. For "show" the command itself is the result.
function shell.task(template, program, use, is_batch)
  local command_of, is_filter = shell.command(template, is_batch), use == "filter"
  local captured = { capture_output = true }
  return function(item, index)
    local made, command = pcall(command_of, item, index)
    if not made then return nil, command end
    if use == "show" then return command end
    local result = subprocess.run({ program, "-c", command }, captured)
    local status, output, errors = result.returncode, result.stdout, result.stderr
    local is_kept = status == 0
    if not is_kept and not (is_filter and status == 1) then
      if output ~= "" then io.write(output) end
      return nil, failure(status, errors)
    end
    if errors ~= "" then io.stderr:write(errors) end
    if is_filter then
      if output ~= "" then io.write(output) end
      return is_kept
    end
    if output == "" then return nil end
    return output:byte(-1) == 10 and output:sub(1, -2) or output
  end
end

return shell
