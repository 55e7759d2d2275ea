---@meta pmap

--- The table `pmap` that every script has, as a global and by `require`.
---@class pmap
---@field null userdata # JSON's null and MessagePack's nil, a true value, equal to lua-cjson's `cjson.null`
---@field args table<string, string> # the strings that `-D NAME=VALUE` gave, by name
---@field source string # in a task: the name of the input that the item is from: that of a file, `-`, `:::`, `inputs`; an error elsewhere, and with `--journal`
---@field line integer # in a task: where the item is in it: a line, or a value of msgpack, from 1, the first one of several; an error elsewhere, and with `--journal`
---@field index integer # in a task: the item's number in the run, from 1; an error elsewhere, and with `--journal`, where the task's second parameter is it
---@field count Reducer # counts the records
---@field sum Reducer # adds numbers, and strings that are numbers; 0 when there are none. What is no number fails its item
---@field min Reducer # the least number
---@field max Reducer # the largest number
---@field mean Reducer # the mean of numbers
---@field variance Reducer # the variance of a sample: of two numbers or more
---@field distinct Reducer # counts the different values: strings, numbers and booleans
---@field worker? { id: integer } # in a worker: `id` is its number, from 1
pmap = {}

--- Adds a record before the one that the task returns. It works inside a task only.
---@param value any
---@param ... any # further fields of the record
function pmap.emit(value, ...) end

--- How results are joined into one: `reduce` of a script is such a table, a function of two values, or a list of ready
--- reducers, as `{ pmap.sum, pmap.top(3) }`. Of a list each gets the result; of as many values as there are reducers, its
--- own. They come to a row, which `finish` and `map` get as a list, with null for nothing.
---@class Reducer
---@field merge fun(left: any, right: any): any # joins two values into one; it may change the first and return it
---@field lift? fun(value: any): any # what is done with each record first
---@field finish? fun(total: any): any # what is done with the joined value, which is nil when there was no record

--- Returns a reducer: a list of the largest records, largest first. One of several values is compared by the first.
---@param count integer
---@return Reducer
function pmap.top(count) end

--- Returns a reducer: quantiles of numbers, a list of them, or one alone. Up to 800 numbers they are exact; of more the
--- rank is off by less than 1 % (a t-digest).
---@param ... number # from 0 to 1, as 0.5 for the median
---@return Reducer
function pmap.quantiles(...) end

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
--- are `processes`, `chunksize`, and `reduce`, a function of two results, a reducer or its name, or a list of ready
--- reducers or their names (`"sum,mean"`), which joins them into one. With `by_key = true` the first value that `f`
--- returns is a key, and the results of one key are joined, or are a list without `reduce`: what is returned is a table
--- of them by key, whose `pairs` has booleans, numbers and strings in that order.
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
