---@meta pmap

--- What every script has: the global `pmap`, which is also `require "pmap"`.
---@class pmap
---@field null userdata # JSON's null; a true value
---@field args table<string, string> # what `-D NAME=VALUE` said
---@field worker? { id: integer } # in a worker: which one this is, from 1
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

--- Runs a program without a shell: what it writes, without the last newline. A status that is not 0 is an error of kind
--- "status" with the last line of its standard error.
---@param cmd string[]
---@return string
function pmap.sh(cmd) end

--- The results of `f(item)` for each item, in order, by processes that live for this call. `options`: `processes`,
--- `chunksize`.
---@param f function
---@param items any[] | fun(): any
---@param options? table
---@return any[]
function pmap.map(f, items, options) end

--- Numbers as `for` has them, that take no room: `range(last)`, from 1, or `range(first, last)`, or with a step.
---@param first number
---@param last? number
---@param step? number
---@return pmap.Range
function pmap.range(first, last, step) end

--- What `range` returns: `#r`, `r[i]`, `ipairs(r)`, `for value in r do`; a pool takes it as items.
---@class pmap.Range
---@field first number
---@field last number
---@field step number
local Range = {}

return pmap
