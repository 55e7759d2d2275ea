---@meta pmap

--- What every script has: the global `pmap`, which is also `require "pmap"`.
---@class pmap
---@field null userdata # JSON's null; a true value
---@field args table<string, string> # what `-D NAME=VALUE` said
pmap = {}

--- Adds a record before the one that the task returns; inside a task only.
---@param value any
---@param ... any further fields of the record
function pmap.emit(value, ...) end

--- Marks a table, or a new one, to be written as a JSON array, and returns it.
---@generic T: table
---@param t? T
---@return T
function pmap.array(t) end

--- Marks a table, or a new one, to be written as a JSON object, and returns it.
---@generic T: table
---@param t? T
---@return T
function pmap.object(t) end

--- A value as MessagePack: tables with cycles, functions with their upvalues, objects of registered classes.
---@param value any
---@return string
function pmap.dumps(value) end

--- The value of such a string.
---@param bytes string
---@return any
function pmap.loads(bytes) end

--- Objects with this metatable may travel to other processes, where they get the metatable of that name.
---@param name string
---@param metatable table
function pmap.register(name, metatable) end

--- Sleeps so many seconds, or fractions of one.
---@param seconds number
function pmap.sleep(seconds) end

--- Seconds since some moment, unmoved by changes of the date.
---@return number
function pmap.clock() end

return pmap
