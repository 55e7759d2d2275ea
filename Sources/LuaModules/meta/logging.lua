---@meta logging

--- Messages with a level. Lines from all processes arrive whole in one stream, and none is lost when its process is
--- killed right after the call. The level at first is WARNING. A level is a name or a number.
---@class logging
---@field DEBUG integer # 10
---@field INFO integer # 20
---@field WARNING integer # 30
---@field ERROR integer # 40
---@field CRITICAL integer # 50
---@field NOTSET integer # 0: the level of the logger above
---@field Logger table # the metatable of loggers
local logging = {}

--- Chooses what is written, and where: `basicConfig { level = "INFO", filename = "run.log" }`.
---@param options? logging.Options
function logging.basicConfig(options) end

--- Returns the logger of a name, or without a name the root logger. "shop.cart" is below "shop", and has its level
--- unless it has one of its own.
---@param name? string
---@return logging.Logger
function logging.getLogger(name) end

--- Returns the name of a level.
---@param level integer
---@return string
function logging.getLevelName(level) end

--- Logs a message of level DEBUG. The arguments fill it in as string.format does.
---@param message string
---@param ... any
function logging.debug(message, ...) end

--- Logs a message of level INFO. The arguments fill it in as string.format does.
---@param message string
---@param ... any
function logging.info(message, ...) end

--- Logs a message of level WARNING. The arguments fill it in as string.format does.
---@param message string
---@param ... any
function logging.warning(message, ...) end

--- Logs a message of level ERROR. The arguments fill it in as string.format does.
---@param message string
---@param ... any
function logging.error(message, ...) end

--- Logs a message of level CRITICAL. The arguments fill it in as string.format does.
---@param message string
---@param ... any
function logging.critical(message, ...) end

--- Logs a message of level WARNING. The arguments fill it in as string.format does.
---@param message string
---@param ... any
function logging.warn(message, ...) end

--- Logs a message of level CRITICAL. The arguments fill it in as string.format does.
---@param message string
---@param ... any
function logging.fatal(message, ...) end

--- Logs a message of any level. The arguments fill it in as string.format does.
---@param level string|integer
---@param message string
---@param ... any
function logging.log(level, message, ...) end

--- Logs a message of level ERROR with an error that was caught and its traceback. The error is the last argument.
---@param message any
---@param ... any
function logging.exception(message, ...) end

--- Stops all loggers from writing messages of this level (CRITICAL) and below. `NOTSET` ends it.
---@param level? string|integer
function logging.disable(level) end

--- The options of `basicConfig`.
---@class logging.Options
---@field level? string|integer # messages below it are not written
---@field format? string # the form of a line, "%(levelname)s:%(name)s:%(message)s" by default; there are also asctime, created, msecs, levelno, process, processName, filename, pathname and lineno
---@field datefmt? string # the form of `%(asctime)s`, as of os.date
---@field filename? string # a file that lines are appended to
---@field filemode? "a"|"w" # "w" empties the file first
---@field stream? file* # a file, io.stderr by default
---@field force? boolean # accepted: every call counts

--- A logger. It travels to other processes as its name.
---@class logging.Logger
---@field name string # the logger's name
local Logger = {}

--- Logs a message of level DEBUG. The arguments fill it in as string.format does.
---@param message string
---@param ... any
function Logger:debug(message, ...) end

--- Logs a message of level INFO. The arguments fill it in as string.format does.
---@param message string
---@param ... any
function Logger:info(message, ...) end

--- Logs a message of level WARNING. The arguments fill it in as string.format does.
---@param message string
---@param ... any
function Logger:warning(message, ...) end

--- Logs a message of level ERROR. The arguments fill it in as string.format does.
---@param message string
---@param ... any
function Logger:error(message, ...) end

--- Logs a message of level CRITICAL. The arguments fill it in as string.format does.
---@param message string
---@param ... any
function Logger:critical(message, ...) end

--- Logs a message of level WARNING. The arguments fill it in as string.format does.
---@param message string
---@param ... any
function Logger:warn(message, ...) end

--- Logs a message of level CRITICAL. The arguments fill it in as string.format does.
---@param message string
---@param ... any
function Logger:fatal(message, ...) end

--- Logs a message of any level. The arguments fill it in as string.format does.
---@param level string|integer
---@param message string
---@param ... any
function Logger:log(level, message, ...) end

--- Logs a message of level ERROR with an error that was caught and its traceback. The error is the last argument.
---@param message any
---@param ... any
function Logger:exception(message, ...) end

--- Stops messages below this level from being written, by this logger and by those below it that have no level of
--- their own.
---@param level string|integer
function Logger:setLevel(level) end

--- Returns the level that counts: the logger's own, or that of the next logger above.
---@return integer
function Logger:getEffectiveLevel() end

--- Returns whether messages of this level are written.
---@param level string|integer
---@return boolean
function Logger:isEnabledFor(level) end

--- Calls `handler(record)` for each message of this logger and of those below it, after its line is written.
---@param handler fun(record: table)
function Logger:addHandler(handler) end

--- Stops calling a handler.
---@param handler fun(record: table)
function Logger:removeHandler(handler) end

return logging
