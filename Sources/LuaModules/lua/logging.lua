--- Messages with a level, from any process, as whole lines of one stream. A line is written when the call returns: no
--- kill comes too early for it.
local core = require "_multiprocessing"
local arguments = require "multiprocessing.arguments"
local class = require "multiprocessing.class"

core.record_caught() -- for `exception`

local logging = {}

local levels = { DEBUG = 10, INFO = 20, WARNING = 30, ERROR = 40, CRITICAL = 50 }
local names = {}
for name, level in pairs(levels) do
  logging[name], names[level] = level, name
end
logging.NOTSET = 0

-- The levels and handlers of loggers, by their names: a logger itself is a name only, so that it can be sent to a process.
local set_levels = { root = levels.WARNING }
local handlers = {}
-- Messages of this level and below are not written, whatever logger they are of.
local disabled
local output = { stream = io.stderr }

--- A logger: `logging.getLogger "shop.cart"` is below "shop", and has its level unless it is given one.
local Logger = {}
logging.Logger = Logger
Logger.__eq = function(a, b) return a.name == b.name end

local function level_of(level)
  local number = type(level) == "string" and levels[level:upper()] or level
  if math.type(number) ~= "integer" then
    core.fail(('%s is not a level; write "INFO", or logging.INFO'):format(arguments.shown(level)))
  end
  return number
end

--- The name of a level.
function logging.getLevelName(level) return names[level] or "Level " .. level end

--- The logger of a name, or the root logger.
function logging.getLogger(name)
  if name ~= nil and type(name) ~= "string" then core.fail("a logger's name is a string, not a " .. type(name)) end
  return setmetatable({ name = name == "" and "root" or name or "root" }, Logger)
end

-- The name of the parent: "shop" of "shop.cart", "root" of "shop", nil of "root".
local function parent_of(name)
  if name == "root" then return nil end
  return name:match "^(.+)%.[^.]*$" or "root"
end

--- Messages below this level are not written, by this logger and those below it that have none of their own.
function Logger:setLevel(level)
  level = level_of(level)
  set_levels[self.name] = level ~= 0 and level or nil
end

function Logger:getEffectiveLevel()
  local name = self.name
  while name do
    if set_levels[name] then return set_levels[name] end
    name = parent_of(name)
  end
  return 0
end

local function is_enabled(self, level)
  return (not disabled or level > disabled) and level >= self:getEffectiveLevel()
end

function Logger:isEnabledFor(level) return is_enabled(self, level_of(level)) end

--- Messages of this level (CRITICAL) and below are not written, by any logger; `logging.NOTSET` ends it.
function logging.disable(level)
  level = level_of(level or levels.CRITICAL)
  disabled = level ~= 0 and level or nil
end

--- Calls `handler(record)` for each message of this logger and of those below it, after its line was written.
function Logger:addHandler(handler)
  arguments.check_function(handler, "a handler")
  handlers[self.name] = handlers[self.name] or {}
  table.insert(handlers[self.name], handler)
end

function Logger:removeHandler(handler)
  for place, each in ipairs(handlers[self.name] or {}) do
    if each == handler then return table.remove(handlers[self.name], place) and nil end
  end
end

-- A record and its line.

local function time_text(record, format)
  local seconds = math.floor(record.created)
  if format then return os.date(format, seconds) end
  return os.date("%Y-%m-%d %H:%M:%S", seconds) .. (",%03d"):format(record.msecs)
end

-- The values of %(NAME) in a format.
local fields = {
  asctime = function(record) return time_text(record, output.datefmt) end,
  created = function(record) return record.created end,
  msecs = function(record) return record.msecs end,
  levelname = function(record) return record.levelname end,
  levelno = function(record) return record.levelno end,
  name = function(record) return record.name end,
  message = function(record) return record.message end,
  process = function(record) return record.process end,
  processName = function(record) return record.processName end,
  filename = function(record) return record.filename end,
  pathname = function(record) return record.pathname end,
  lineno = function(record) return record.lineno end,
}

-- The fields that are numbers.
local numeric = { created = true, msecs = true, levelno = true, process = true, lineno = true }
-- Conversions of string.format that take a whole number.
local whole = { c = true, d = true, i = true, o = true, x = true, X = true }

local function converted(name, kind, value) return whole[kind] and numeric[name] and math.floor(value) or value end

--- Parses the field at a place of the format: it, and the place behind it.
local function read_field(format, place)
  local name, specifier, kind, after = format:match("^%%%((%w+)%)([-+ #0]*%d*%.?%d*)(%a)()", place)
  if not name then
    name = format:match("^%%%((%w+)%)", place)
    if name then core.fail(("write %%(%s)s in the format: a letter as in string.format follows a field"):format(name)) end
    core.fail(("%q in the format is no field; write %%(message)s for a field, and %%%% for a percent sign"):format(
      format:sub(place, place + 1)))
  end
  if not fields[name] then core.fail(("%%(%s) is no field of a message"):format(name)) end
  specifier = "%" .. specifier .. kind
  local made, reason = pcall(string.format, specifier, converted(name, kind, numeric[name] and 0 or ""))
  if not made then core.fail(("%%(%s)%s in the format: %s"):format(name, specifier:sub(2), reason)) end
  return { name = name, specifier = specifier, kind = kind }, after
end

--- Parses a format into a list of texts and fields.
local function read_format(format)
  if type(format) ~= "string" then core.fail("the format is a string, not a " .. type(format)) end
  local pieces, place, has_field = {}, 1, false
  while place <= #format do
    local percent = format:find("%", place, true) or #format + 1
    if percent > place then pieces[#pieces + 1] = format:sub(place, percent - 1) end
    place = percent
    if format:find("^%%%%", percent) then
      pieces[#pieces + 1], place = "%", percent + 2
    elseif percent <= #format then
      pieces[#pieces + 1], place = read_field(format, percent)
      has_field = true
    end
  end
  if not has_field then core.fail "the format has no field; write %(message)s for the message" end
  return pieces
end

output.pieces = read_format "%(levelname)s:%(name)s:%(message)s"

local function line_of(record)
  local texts = {}
  for place, piece in ipairs(output.pieces) do
    if type(piece) == "table" then
      piece = piece.specifier:format(converted(piece.name, piece.kind, fields[piece.name](record)))
    end
    texts[place] = piece
  end
  return table.concat(texts)
end

local function check_datefmt(format)
  if type(format) ~= "string" then core.fail("datefmt is a string, not a " .. type(format)) end
  local made, text = pcall(os.date, format)
  if made and type(text) == "string" then return format end
  local known = format:find("%f", 1, true) and "; write %(msecs)03d in the format for milliseconds" or ""
  core.fail(("datefmt is a format of os.date, which %s is not%s"):format(arguments.shown(format), known))
end

local function process_name()
  local process = package.loaded["multiprocessing.process"]
  return process and process.current_process().name or "MainProcess"
end

local function shown(value)
  local made, text = pcall(tostring, value)
  return made and text or ("(a %s that has no text)"):format(type(value))
end

-- How many arguments a message is formatted with.
local function arguments_wanted(message)
  local _, all = message:gsub("%%", "")
  local _, escaped = message:gsub("%%%%", "")
  return all - 2 * escaped
end

-- The places in the script whose messages do not fit, which are reported once each.
local reported = {}

local function report_misfit(message, reason)
  local where = core.position()
  if reported[where] then return end
  reported[where] = true
  reason = reason:gsub("^bad argument #(%d+) to '[%w.]+' ", function(place) return ("argument %d "):format(place - 1) end)
  io.stderr:write(("pmap: %sthe log message %s does not fit its arguments: %s\n"):format(
    where, arguments.shown(message), reason))
end

-- Formats the message with its arguments; those that do not fit stand behind it.
local function text_of(message, ...)
  message = shown(message)
  local count = select("#", ...)
  if count == 0 then return message end
  local wanted = arguments_wanted(message)
  local made, text = pcall(string.format, message, ...)
  if made and wanted == count then return text end
  report_misfit(message, made and ("it has %d places for %d"):format(wanted, count) or text)
  local words = table.pack(...)
  for place = 1, count do words[place] = shown(words[place]) end
  return ("%s [%s]"):format(message, table.concat(words, ", "))
end

local function write(self, level, message)
  local file, line = core.position():match "^(.*):(%d+): $"
  local now = core.date()
  local record = {
    name = self.name, levelno = level, levelname = logging.getLevelName(level), message = message, created = now,
    msecs = math.floor(now % 1 * 1000), process = core.getpid(), processName = process_name(),
    pathname = file or "?", filename = file and file:match "[^/]*$" or "?", lineno = math.tointeger(line) or 0,
  }
  local written, reason = core.write_line(output.stream, line_of(record) .. "\n")
  if not written then
    core.fail(("cannot write to the log%s: %s"):format(output.filename and " " .. output.filename or "", reason))
  end
  -- After the line, which an error in a handler must not keep back.
  local name = self.name
  while name do
    for _, handler in ipairs(handlers[name] or {}) do handler(record) end
    name = parent_of(name)
  end
end

local function log(self, level, message, ...)
  if is_enabled(self, level) then write(self, level, text_of(message, ...)) end
end

--- `logger:log(logging.INFO, format, …)`: the arguments are those of string.format.
function Logger:log(level, message, ...) log(self, level_of(level), message, ...) end

for name, level in pairs(levels) do
  Logger[name:lower()] = function(self, message, ...) log(self, level, message, ...) end
end

Logger.warn, Logger.fatal = Logger.warning, Logger.critical

-- The traceback of where a value was raised, if it is known, or the value has it in its text already.
local function traceback_of(value)
  local traceback = type(value) == "table" and rawget(value, "traceback")
  if traceback then return traceback:sub(traceback:find("stack traceback:", 1, true) or 1) end -- its message stands before
  if type(value) == "string" and value:find("\nstack traceback:", 1, true) then return "" end
  local caught, made = core.caught()
  return made and rawequal(caught, value) and made
end

local function with_traceback(text, traceback)
  return traceback and traceback ~= "" and text .. "\n" .. traceback or text
end

-- A message without the caught value: it was caught by the last pcall.
local function with_latest(text)
  local caught, traceback, is_latest = core.caught()
  return is_latest and with_traceback(text .. "\n" .. shown(caught), traceback_of(caught) or traceback) or text
end

--- Logs an error with the caught value, which is the last argument, and its traceback: `logger:exception("job %d", 3, caught)`.
function Logger:exception(message, ...)
  if not is_enabled(self, levels.ERROR) then return end
  local given = table.pack(...)
  local caught = given[given.n]
  local text
  if given.n > 0 and arguments_wanted(shown(message)) == given.n - 1 then
    text = text_of(message, table.unpack(given, 1, given.n - 1)) .. "\n" .. shown(caught)
  else
    text = text_of(message, ...)
    if given.n == 0 then caught = message end
  end
  local traceback = traceback_of(caught)
  write(self, levels.ERROR, traceback and with_traceback(text, traceback) or given.n == 0 and with_latest(text) or text)
end

function Logger:__tostring()
  return ("Logger(%s, %s)"):format(self.name, logging.getLevelName(self:getEffectiveLevel()))
end

class.guard(Logger, "logger")
class.close(Logger, "logger", { name = function() end }, { call = "logger:info(…)", level = "logger:getEffectiveLevel()" })

-- The functions of the module are methods of the root logger.

local root = logging.getLogger()
for _, name in ipairs { "debug", "info", "warning", "warn", "error", "critical", "fatal", "exception", "log" } do
  local method = Logger[name]
  logging[name] = function(...) return method(root, ...) end
end

local config_options = { "level", "format", "datefmt", "filename", "filemode", "stream", "force" }

--- Sets what is written, and where: `logging.basicConfig { level = "INFO", filename = "run.log" }`. A file is appended to,
--- unless `filemode` is "w".
function logging.basicConfig(options)
  options = options or {}
  arguments.check_options(options, config_options, "basicConfig")
  if options.filename and options.stream then core.fail "write either filename or stream" end
  if options.level ~= nil then set_levels.root = level_of(options.level) end
  if options.format ~= nil then output.pieces = read_format(options.format) end
  if options.datefmt ~= nil then output.datefmt = check_datefmt(options.datefmt) end
  if options.stream ~= nil then
    if io.type(options.stream) ~= "file" then core.fail "the stream is an open file of Lua" end
    output.stream, output.filename = options.stream, nil
  end
  if options.filename == nil then return end
  if options.filemode == "w" then
    local emptied, reason = io.open(options.filename, "w")
    if not emptied then core.fail("cannot write to the log " .. reason) end
    emptied:close()
  end
  local file, reason = io.open(options.filename, "a")
  if not file then core.fail("cannot write to the log " .. reason) end
  output.stream, output.filename = file, options.filename
end

return class.module(logging, "logging")
