---@meta logging

--- Messages with a level. Lines from any process arrive whole in one stream, and none is lost when its process is killed
--- right after the call. The level at first is WARNING; levels are names or numbers.
---@class logging
---@field DEBUG integer # 10
---@field INFO integer # 20
---@field WARNING integer # 30
---@field ERROR integer # 40
---@field CRITICAL integer # 50
---@field NOTSET integer # 0: the level of the logger above
---@field Logger table # the metatable of loggers
local logging = {}

--- What is written, and where: `basicConfig { level = "INFO", filename = "run.log" }`.
---@param options? logging.Options
function logging.basicConfig(options) end

--- The logger of a name; "shop.cart" is below "shop", and has its level unless it is given one. Without a name the one above
--- all.
---@param name? string
---@return logging.Logger
function logging.getLogger(name) end

--- The name of a level.
---@param level integer
---@return string
function logging.getLevelName(level) end

--- A message of level DEBUG; the arguments are those of string.format.
---@param message string
---@param ... any
function logging.debug(message, ...) end

--- A message of level INFO; the arguments are those of string.format.
---@param message string
---@param ... any
function logging.info(message, ...) end

--- A message of level WARNING; the arguments are those of string.format.
---@param message string
---@param ... any
function logging.warning(message, ...) end

--- A message of level ERROR; the arguments are those of string.format.
---@param message string
---@param ... any
function logging.error(message, ...) end

--- A message of level CRITICAL; the arguments are those of string.format.
---@param message string
---@param ... any
function logging.critical(message, ...) end

--- The same as `warning`.
---@param message string
---@param ... any
function logging.warn(message, ...) end

--- The same as `critical`.
---@param message string
---@param ... any
function logging.fatal(message, ...) end

--- A message of any level.
---@param level string|integer
---@param message string
---@param ... any
function logging.log(level, message, ...) end

--- A message of level ERROR with what was caught, which comes after the arguments, and its traceback.
---@param message any
---@param ... any
function logging.exception(message, ...) end

--- Messages of this level (CRITICAL) and below are not written, by any logger; `NOTSET` ends it.
---@param level? string|integer
function logging.disable(level) end

--- What `basicConfig` takes.
---@class logging.Options
---@field level? string|integer
---@field format? string # "%(levelname)s:%(name)s:%(message)s"; there are also asctime, created, msecs, levelno, process, processName, filename, pathname and lineno
---@field datefmt? string # of `%(asctime)s`, as os.date has it
---@field filename? string # a file, which is appended to
---@field filemode? "a"|"w" # "w" begins it anew
---@field stream? file* # io.stderr
---@field force? boolean # accepted; every call counts

--- A logger. It travels to other processes as its name.
---@class logging.Logger
---@field name string
local Logger = {}

--- A message of level DEBUG; the arguments are those of string.format.
---@param message string
---@param ... any
function Logger:debug(message, ...) end

--- A message of level INFO; the arguments are those of string.format.
---@param message string
---@param ... any
function Logger:info(message, ...) end

--- A message of level WARNING; the arguments are those of string.format.
---@param message string
---@param ... any
function Logger:warning(message, ...) end

--- A message of level ERROR; the arguments are those of string.format.
---@param message string
---@param ... any
function Logger:error(message, ...) end

--- A message of level CRITICAL; the arguments are those of string.format.
---@param message string
---@param ... any
function Logger:critical(message, ...) end

--- The same as `warning`.
---@param message string
---@param ... any
function Logger:warn(message, ...) end

--- The same as `critical`.
---@param message string
---@param ... any
function Logger:fatal(message, ...) end

--- A message of any level.
---@param level string|integer
---@param message string
---@param ... any
function Logger:log(level, message, ...) end

--- A message of level ERROR with what was caught, which comes after the arguments, and its traceback.
---@param message any
---@param ... any
function Logger:exception(message, ...) end

--- Messages below this level are not written, by this logger and those below it that have no level of their own.
---@param level string|integer
function Logger:setLevel(level) end

--- The level that counts: its own, or that of the next one above.
---@return integer
function Logger:getEffectiveLevel() end

--- Whether messages of this level are written.
---@param level string|integer
---@return boolean
function Logger:isEnabledFor(level) end

--- Calls `handler(record)` for each message of this logger and of those below it, after its line was written.
---@param handler fun(record: table)
function Logger:addHandler(handler) end

--- No more.
---@param handler fun(record: table)
function Logger:removeHandler(handler) end

return logging
