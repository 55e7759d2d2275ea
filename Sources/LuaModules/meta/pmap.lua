---@meta pmap

--- The table `pmap` that every script has, as a global and by `require`.
---@class pmap
---@field null userdata # JSON's null and MessagePack's nil, a true value, equal to lua-cjson's `cjson.null`
---@field args table<string, string> # the strings that `-D NAME=VALUE` gave, by name
---@field source string # in a task: the name of the input that the item is from: that of a file, `-`, `:::`, `inputs`; an error elsewhere, and with `--journal`
---@field line integer # in a task: where the item is in it: a line, or a value of msgpack, from 1, the first one of several; an error elsewhere, and with `--journal`
---@field index integer # in a task: the item's number in the run, from 1; an error elsewhere, and with `--journal`, where the task's second parameter is it
---@field worker? { id: integer } # in a worker: `id` is its number, from 1
pmap = {}

--- Adds a record before the one that the task returns. It works inside a task only.
---@param value any
---@param ... any # further fields of the record
function pmap.emit(value, ...) end

--- Marks a table, or a new one, to be written as an array of JSON or MessagePack, and returns it.
---@generic T: table
---@param t? T
---@return T
function pmap.array(t) end

--- Marks a table, or a new one, to be written as an object of JSON or a map of MessagePack, and returns it.
---@generic T: table
---@param t? T
---@return T
function pmap.object(t) end

--- Returns a value as MessagePack, with cycles of tables, functions with their upvalues, and objects of registered
--- classes.
---@param value any
---@return string
function pmap.dumps(value) end

--- Returns the value of a string that `dumps` has made.
---@param bytes string
---@return any
function pmap.loads(bytes) end

--- Lets objects with this metatable travel to other processes, where they get the metatable of that name.
---@param name string
---@param metatable table
function pmap.register(name, metatable) end

--- Sleeps so many seconds, or fractions of one.
---@param seconds number
function pmap.sleep(seconds) end

--- Returns seconds since some moment. Changes of the date do not move it.
---@return number
function pmap.clock() end

--- Runs a program without a shell, and returns what it writes, without the last newline. A status that is not 0 is an
--- error of kind "status" with the last line of its standard error.
---@param cmd string[]
---@return string
function pmap.sh(cmd) end

--- Calls `f(item)` for each item in processes that live for this call, and returns the results in order. The options
--- are `processes` and `chunksize`.
---@param f function
---@param items any[] | fun(): any
---@param options? table
---@return any[]
function pmap.map(f, items, options) end

--- Returns a range of numbers, as `for` has them, that takes no room: `range(last)` from 1, `range(first, last)`, or
--- with a step. With a float among them each number is `first + n * step` by itself, where `for` adds up the steps with
--- their errors: `range(1, 2, 0.1)` ends with 2.0.
---@param first number
---@param last? number
---@param step? number
---@return pmap.Range
function pmap.range(first, last, step) end

--- What `range` returns: `#r`, `r[i]`, `ipairs(r)`, `for value in r do`. A pool takes it as items.
---@class pmap.Range
---@field first number # the first number
---@field last number # the last number at most
---@field step number # the step
local Range = {}

return pmap
