---@meta concurrent.futures

--- Futures: calls that worker processes run, and what they come to.
---@class concurrent.futures
---@field FIRST_COMPLETED "FIRST_COMPLETED" # for `wait`: until one is done
---@field FIRST_EXCEPTION "FIRST_EXCEPTION" # until one has failed, or all are done
---@field ALL_COMPLETED "ALL_COMPLETED" # until all are done
local futures = {}

--- An executor: `ProcessPoolExecutor(n)`, or a table of options; one worker for each processor by default.
---@param options? integer|concurrent.futures.Options
---@return concurrent.futures.Executor
function futures.ProcessPoolExecutor(options) end

--- An error: Lua has no threads, and ProcessPoolExecutor is what to write.
function futures.ThreadPoolExecutor() end

--- `for future in as_completed(list, timeout) do`: the futures as they are done, all within `timeout` seconds. They may be
--- the keys of a table.
---@param list concurrent.futures.Future[]|table<concurrent.futures.Future, any>
---@param timeout? number
---@return fun(): concurrent.futures.Future?
function futures.as_completed(list, timeout) end

--- Waits for the futures, or for the first one; two lists: those that are done, and the others.
---@param list concurrent.futures.Future[]|table<concurrent.futures.Future, any>
---@param timeout? number
---@param return_when? "FIRST_COMPLETED"|"FIRST_EXCEPTION"|"ALL_COMPLETED"
---@return concurrent.futures.Future[] done
---@return concurrent.futures.Future[] others
function futures.wait(list, timeout, return_when) end

--- What `ProcessPoolExecutor` takes as a table.
---@class concurrent.futures.Options
---@field max_workers? integer
---@field initializer? fun(...) # called in each worker first
---@field initargs? any[] # what with
---@field max_tasks_per_child? integer # a worker is replaced after so many tasks

--- Worker processes that run calls. The end of a `<close>` variable waits for all of them.
---@class concurrent.futures.Executor
local Executor = {}

--- A future of `f(…)`, run by a worker.
---@param f fun(...): any
---@param ... any
---@return concurrent.futures.Future
function Executor:submit(f, ...) end

--- `for place, value in executor:map(f, items) do`: each result in order. Of several lists `f` is called with a value of
--- each, up to the end of the shortest. The last argument may be a table of options: `chunksize`, `timeout`, and
--- `buffersize`, as many items as may be read before their results are.
---@param f fun(...): ...
---@param items any[]|fun(): any
---@param ... any[]|(fun(): any)|{ chunksize: integer?, timeout: number?, buffersize: integer? }
---@return multiprocessing.Iterator
function Executor:map(f, items, ...) end

--- No more calls. Waits for those that are out, unless `wait = false`, or just `false`; with `cancel_futures` for those that run only.
---@param options? boolean|{ wait: boolean?, cancel_futures: boolean? }
function Executor:shutdown(options) end

--- Ends the workers with SIGKILL; what they ran, and what waits, fails.
function Executor:kill_workers() end

--- The same.
function Executor:terminate_workers() end

--- What a call will have come to.
---@class concurrent.futures.Future
local Future = {}

--- What the function returned, or its error raised; kind "timeout" when it does not come in time.
---@param timeout? number|boolean
---@return any ...
function Future:result(timeout) end

--- What the function raised, or nil.
---@param timeout? number|boolean
---@return multiprocessing.Error?
function Future:exception(timeout) end

--- Whether it has come to something, or was cancelled.
---@return boolean
function Future:done() end

--- Whether a worker has begun with it and is not done.
---@return boolean
function Future:running() end

--- Takes it back if no worker has begun with it; whether it is cancelled now.
---@return boolean
function Future:cancel() end

--- Whether it was cancelled.
---@return boolean
function Future:cancelled() end

--- Calls `f(future)` when it is done, in this process, at a call that may wait; at once if it is done already.
---@param f fun(future: concurrent.futures.Future)
function Future:add_done_callback(f) end

return futures
