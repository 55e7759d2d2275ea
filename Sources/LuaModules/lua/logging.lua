--- Messages with a level, from any process, as whole lines of one stream. A line is written when the call returns: no
--- kill comes too early for it.
local core = require "_multiprocessing"
local arguments = require "multiprocessing.arguments"

local logging = {}

local levels = { DEBUG = 10, INFO = 20, WARNING = 30, ERROR = 40, CRITICAL = 50 }
local names = {}
for name, level in pairs(levels) do
  logging[name], names[level] = level, name
end
logging.NOTSET = 0

-- What is known of a logger stands here, by its name, so that one that travels to another process is a name only.
local set_levels = { root = levels.WARNING }
local handlers = {}
-- Messages of this level and below are not written, whatever logger they are of.
local disabled
local output = { stream = io.stderr, format = "%(levelname)s:%(name)s:%(message)s" }

--- A logger: `logging.getLogger "shop.cart"` is below "shop", and has its level unless it is given one.
local Logger = {}
logging.Logger = Logger
Logger.__index = Logger
Logger.__name = "logger"
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

--- The logger of a name, or the one that is above all.
function logging.getLogger(name)
  if name ~= nil and type(name) ~= "string" then core.fail("a logger's name is a string, not a " .. type(name)) end
  return setmetatable({ name = name == "" and "root" or name or "root" }, Logger)
end

-- The name above: "shop" of "shop.cart", "root" of "shop", nil of "root".
local function above(name)
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
    name = above(name)
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

-- What stands for %(NAME) in a format.
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

local directive = "%%%((%a+)%)([-+ #0]*%d*%.?%d*)(%a)"

local function check_format(format)
  if type(format) ~= "string" then core.fail("the format is a string, not a " .. type(format)) end
  for name, flags, kind in format:gmatch(directive) do
    if not fields[name] then core.fail(("%%(%s) is no field of a message"):format(name)) end
    local made, reason = pcall(string.format, "%" .. flags .. kind, kind == "s" and "" or 0)
    if not made then core.fail(("%%(%s)%s%s in the format: %s"):format(name, flags, kind, reason)) end
  end
  return format
end

local function line_of(record)
  return (output.format:gsub(directive, function(name, flags, kind)
    local value = fields[name](record)
    if kind == "d" then value = math.floor(tonumber(value) or 0) end
    return (("%" .. flags .. kind):format(value))
  end):gsub("%%%%", "%%"))
end

local function process_name()
  local process = package.loaded["multiprocessing.process"]
  return process and process.current_process().name or "MainProcess"
end

-- The message, and how many arguments it took. What cannot be formatted is not lost.
local function text_of(message, ...)
  message = tostring(message)
  if select("#", ...) == 0 then return message end
  local made, text = pcall(string.format, message, ...)
  if made then return text end
  local words = table.pack(...)
  for place = 1, words.n do words[place] = tostring(words[place]) end
  return ("%s [%s] (%s)"):format(message, table.concat(words, ", "), text)
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
    name = above(name)
  end
end

local function log(self, level, message, ...)
  if getmetatable(self) ~= Logger then core.fail "write logger:info(…), with a colon" end
  if not is_enabled(self, level) then return end
  write(self, level, text_of(message, ...))
end

--- `logger:log(logging.INFO, format, …)`: the arguments are those of string.format.
function Logger:log(level, message, ...) log(self, level_of(level), message, ...) end

for name, level in pairs(levels) do
  Logger[name:lower()] = function(self, message, ...) log(self, level, message, ...) end
end

Logger.warn, Logger.fatal = Logger.warning, Logger.critical

local function arguments_wanted(message)
  local _, all = message:gsub("%%", "")
  local _, escaped = message:gsub("%%%%", "")
  return all - 2 * escaped
end

-- The traceback of what was caught where it was raised, if it knows, or else of where it is told.
local function with_traceback(text, caught, is_told)
  local traceback = type(caught) == "table" and caught.traceback
  if traceback then return is_told and traceback or text .. "\n" .. traceback end
  if not is_told then text = text .. "\n" .. tostring(caught) end
  return text:find("\nstack traceback:", 1, true) and text or text .. "\n" .. debug.traceback(nil, 3)
end

--- An error message with what was caught, which comes last, and its traceback: `logger:exception("job %d", 3, caught)`.
function Logger:exception(message, ...)
  if getmetatable(self) ~= Logger then core.fail "write logger:exception(…), with a colon" end
  if not is_enabled(self, levels.ERROR) then return end
  local arguments = table.pack(...)
  local wanted = type(message) == "string" and math.min(arguments_wanted(message), arguments.n) or 0
  local caught = arguments[wanted + 1]
  local text = text_of(message, table.unpack(arguments, 1, wanted))
  if arguments.n == 0 then caught = message end
  write(self, levels.ERROR, with_traceback(text, caught, caught == message))
end

-- The functions of the module are those of the logger above all.

local root = logging.getLogger()
for _, name in ipairs { "debug", "info", "warning", "warn", "error", "critical", "fatal", "exception", "log" } do
  local method = Logger[name]
  logging[name] = function(...) return method(root, ...) end
end

local config_options = { "level", "format", "datefmt", "filename", "filemode", "stream", "force" }

--- What is written, and where: `logging.basicConfig { level = "INFO", filename = "run.log" }`. A file is appended to,
--- unless `filemode` is "w".
function logging.basicConfig(options)
  options = options or {}
  arguments.check_options(options, config_options, "basicConfig")
  if options.filename and options.stream then core.fail "write either filename or stream" end
  if options.level ~= nil then set_levels.root = level_of(options.level) end
  if options.format ~= nil then output.format = check_format(options.format) end
  if options.datefmt ~= nil then output.datefmt = options.datefmt end
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

return logging
