---@meta concurrent.futures

--- Futures: calls that worker processes run, and their results.
---@class concurrent.futures
---@field FIRST_COMPLETED "FIRST_COMPLETED" # `wait` returns when one future is done
---@field FIRST_EXCEPTION "FIRST_EXCEPTION" # `wait` returns when one future has failed, or all are done
---@field ALL_COMPLETED "ALL_COMPLETED" # `wait` returns when all futures are done
local futures = {}

--- Makes an executor: `ProcessPoolExecutor(n)`, or a table of options. By default it has one worker for each
--- processor.
---@param options? integer|concurrent.futures.Options
---@return concurrent.futures.Executor
function futures.ProcessPoolExecutor(options) end

--- Raises an error: Lua has no threads. Use ProcessPoolExecutor.
function futures.ThreadPoolExecutor() end

--- Returns an iterator over futures as they finish: `for future in as_completed(list, timeout) do`. All finish within
--- `timeout` seconds. The futures may be the keys of a table.
---@param list concurrent.futures.Future[]|table<concurrent.futures.Future, any>
---@param timeout? number
---@return fun(): concurrent.futures.Future?
function futures.as_completed(list, timeout) end

--- Waits for all futures, or as `return_when` says, and returns two lists: those that are done, and the others.
---@param list concurrent.futures.Future[]|table<concurrent.futures.Future, any>
---@param timeout? number
---@param return_when? "FIRST_COMPLETED"|"FIRST_EXCEPTION"|"ALL_COMPLETED"
---@return concurrent.futures.Future[] done
---@return concurrent.futures.Future[] others
function futures.wait(list, timeout, return_when) end

--- The options of `ProcessPoolExecutor`.
---@class concurrent.futures.Options
---@field max_workers? integer # how many workers; by default one for each processor
---@field initializer? fun(...) # a function that each worker calls first
---@field initargs? any[] # the arguments of `initializer`
---@field max_tasks_per_child? integer # after how many tasks a worker is replaced

--- Worker processes that run calls. The end of a `<close>` variable waits for all calls.
---@class concurrent.futures.Executor
local Executor = {}

--- Gives the call `f(…)` to a worker, and returns its future.
---@param f fun(...): any
---@param ... any
---@return concurrent.futures.Future
function Executor:submit(f, ...) end

--- Returns an iterator over the results in order: `for place, value in executor:map(f, items) do`. With several
--- lists, `f` is called with a value of each, up to the end of the shortest. The last argument may be a table of
--- options: `chunksize`, `timeout`, and `buffersize`, how many items may be read ahead of their results.
---@param f fun(...): ...
---@param items any[]|fun(): any
---@param ... any[]|(fun(): any)|{ chunksize: integer?, timeout: number?, buffersize: integer? }
---@return multiprocessing.Iterator
function Executor:map(f, items, ...) end

--- Refuses further calls, and waits for those that were given, unless `wait = false`, or just `false`. With
--- `cancel_futures` it cancels those that no worker has begun.
---@param options? boolean|{ wait: boolean?, cancel_futures: boolean? }
function Executor:shutdown(options) end

--- Ends the workers with SIGKILL. Calls that run or wait fail.
function Executor:kill_workers() end

--- Ends the workers as `kill_workers` does, with SIGKILL.
function Executor:terminate_workers() end

--- The result of a call, now or later.
---@class concurrent.futures.Future
local Future = {}

--- Waits for the call and returns what the function returned, or raises what it raised. After `timeout` seconds it
--- raises an error of kind "timeout".
---@param timeout? number|boolean
---@return any ...
function Future:result(timeout) end

--- Waits for the call and returns what the function raised, or nil.
---@param timeout? number|boolean
---@return multiprocessing.Error?
function Future:exception(timeout) end

--- Returns whether the call has ended or was cancelled.
---@return boolean
function Future:done() end

--- Returns whether a worker is running the call.
---@return boolean
function Future:running() end

--- Cancels the call if no worker has begun it, and returns whether it is cancelled now.
---@return boolean
function Future:cancel() end

--- Returns whether the call was cancelled.
---@return boolean
function Future:cancelled() end

--- Calls `f(future)` when the call is done: in this process, in a call that may wait; at once if it is done already.
---@param f fun(future: concurrent.futures.Future)
function Future:add_done_callback(f) end

return futures
