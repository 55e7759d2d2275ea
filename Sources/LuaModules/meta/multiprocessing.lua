---@meta multiprocessing

--- Processes, and what they share, under the names of Python's multiprocessing.
---
--- Ownership. A process that ends has left, or is lost. It has left if its function returned or it called
--- `os.exit(0)`. It is lost if it raised an error, ended with another status or was killed. The same holds for a task
--- of a pool. A process owns nothing that its parent has acquired.
---
--- A Lock stays locked when its owner has left, as any process may release it. When the owner is lost, the lock is
--- free, and the next `acquire` returns `true, "abandoned"`. An RLock, which only its owner may release, is free in
--- both cases, and `acquire` says "abandoned". A place of a semaphore has no owner, and never comes back by itself.
--- What was taken by `hold` or `with` comes back however its owner ends; if the owner is lost, the next `acquire`
--- says "abandoned".
---@class multiprocessing
local mp = {}

--- Makes a process that will run a function: `mp.Process(f, …)`, or a table of options. `start` starts it.
---@overload fun(options: multiprocessing.ProcessOptions): multiprocessing.Process
---@param target fun(...): ...
---@param ... any # what the function is called with
---@return multiprocessing.Process
function mp.Process(target, ...) end

--- Makes a pool of worker processes: `mp.Pool(4)`, or a table of options. By default it has one worker for each
--- processor. The workers are forked at the first job.
---@param options? integer|multiprocessing.PoolOptions
---@return multiprocessing.Pool
function mp.Pool(options) end

--- Returns the process that calls it.
---@return multiprocessing.Process
function mp.current_process() end

--- Returns the process that has started this one, or nil in the script itself.
---@return multiprocessing.Process?
function mp.parent_process() end

--- Returns the running processes that this one has started.
---@return multiprocessing.Process[]
function mp.active_children() end

--- Forks as fork(2) does. It returns the child's pid in the parent, and 0 in the child, which goes on from here.
---@return integer pid
function mp.fork() end

--- Waits for the end of a child, and returns its pid and exit code, which is -n when signal n ended it. Each child
--- can be waited for once. With `nohang` it returns `nil, "running"` while the child runs.
---@param pid integer
---@param nohang? boolean
---@return integer? pid
---@return integer|"running" exitcode
function mp.waitpid(pid, nohang) end

--- Makes a lock: one process holds it at a time, and any process may release it.
---@return multiprocessing.Lock
function mp.Lock() end

--- Makes a lock that its owner may acquire again, and releases as often.
---@return multiprocessing.RLock
function mp.RLock() end

--- Makes a semaphore with `count` places (1). `acquire` takes a place and waits until there is one; `release` adds
--- one.
---@param count? integer
---@return multiprocessing.Semaphore
function mp.Semaphore(count) end

--- Makes a semaphore whose `release` is an error when all `count` places are there.
---@param count? integer
---@return multiprocessing.Semaphore
function mp.BoundedSemaphore(count) end

--- Makes a condition with this lock, or with an RLock of its own.
---@param lock? multiprocessing.Lock
---@return multiprocessing.Condition
function mp.Condition(lock) end

--- Makes an event, a flag that processes wait for. It is not set.
---@return multiprocessing.Event
function mp.Event() end

--- Makes a barrier where `parties` processes meet. The last one to come calls `action` before all go on. `timeout` is
--- the default of `wait`.
---@param parties integer
---@param action? fun()
---@param timeout? number
---@return multiprocessing.Barrier
function mp.Barrier(parties, action, timeout) end

--- Makes a queue of at most `maxsize` values, or of as many as memory holds.
---@param maxsize? integer
---@return multiprocessing.Queue
function mp.Queue(maxsize) end

--- Makes a queue, as `mp.Queue` does.
---@param maxsize? integer
---@return multiprocessing.Queue
function mp.SimpleQueue(maxsize) end

--- Makes a queue, as `mp.Queue` does; every queue has `task_done` and `join`.
---@param maxsize? integer
---@return multiprocessing.Queue
function mp.JoinableQueue(maxsize) end

--- Makes a pipe and returns its two ends. After `mp.Pipe(false)` the first end only receives and the second only
--- sends.
---@param duplex? boolean
---@return multiprocessing.Connection
---@return multiprocessing.Connection
function mp.Pipe(duplex) end

--- Waits until something in a list is ready, and returns all that are: connections and queues with something to
--- receive, and processes that have ended.
---@param list (multiprocessing.Connection|multiprocessing.Queue|multiprocessing.Process|integer)[]
---@param timeout? number|boolean
---@return (multiprocessing.Connection|multiprocessing.Queue|multiprocessing.Process|integer)[]
function mp.wait(list, timeout) end

--- Makes a number in shared memory, `mp.Value("i", 0)`, or with "?" a boolean. `lock` is the lock to use, or false
--- for none.
---@param code multiprocessing.Code
---@param number? number|boolean|string
---@param lock? multiprocessing.Lock|boolean
---@return multiprocessing.Value
function mp.Value(code, number, lock) end

--- Makes an array of numbers in shared memory, or with "?" of booleans. `numbers` is how many zeros, a list, or for
--- "c" a string. `lock` is the lock to use, or false for none.
---@param code multiprocessing.Code
---@param numbers integer|number[]|boolean[]|string
---@param lock? multiprocessing.Lock|boolean
---@return multiprocessing.Array
function mp.Array(code, numbers, lock) end

--- Starts a process that owns tables, which other processes read and change through proxies.
---@return multiprocessing.Manager
function mp.Manager() end

--- Calls `f(value, …)` in the owner with the value of a key, as one step. What `f` returns becomes the value, and is
--- returned.
---@generic V
---@param dict multiprocessing.Dict|multiprocessing.Namespace
---@param key any
---@param f fun(value: V?, ...): V
---@param ... any
---@return V
function mp.update(dict, key, f, ...) end

--- Returns all that a proxy stands for, as a table of this process.
---@param dict multiprocessing.Dict|multiprocessing.List|multiprocessing.Namespace
---@return table
function mp.copy(dict) end

--- Returns how many processors this process may use.
---@return integer
function mp.cpu_count() end

--- Returns the pid of this process.
---@return integer
function mp.getpid() end

--- Returns the pid of the process that has made this one; in a worker of a pool, the script's.
---@return integer
function mp.getppid() end

--- Accepts "fork" and refuses all others: a new process is a copy of the script as it stands.
---@param method "fork"
function mp.set_start_method(method) end

--- Returns "fork".
---@return "fork"
function mp.get_start_method() end

--- Returns the module itself, the context of "fork".
---@param method? "fork"
---@return multiprocessing
function mp.get_context(method) end

--- Does nothing. Programs for Python call it.
function mp.freeze_support() end

--- Chooses whether a deadlock ends the program with a report, which is the default.
---@param on boolean
function mp.set_deadlock_detection(on) end

--- The type of a shared number, as in C. b B c are 8 bits, h H 16, i I 32, l L q Q 64; capitals are unsigned. f is a
--- float, d a double, ? a boolean.
---@alias multiprocessing.Code "b"|"B"|"c"|"h"|"H"|"i"|"I"|"l"|"L"|"q"|"Q"|"f"|"d"|"?"

--- The options of `mp.Process`.
---@class multiprocessing.ProcessOptions
---@field target? fun(...): ... # the function that the process runs
---@field args? any[] # the arguments of `target`
---@field name? string # the name in messages
---@field daemon? boolean # whether the end of the script kills the process, instead of waiting for it

--- A process that runs a function.
---@class multiprocessing.Process
---@field pid? integer # the pid; nil before the start
---@field name string # the name in messages
---@field daemon boolean # whether the end of the script kills the process, instead of waiting for it
---@field exitcode? integer # the exit code; nil while the process runs, -n when signal n ended it
---@field sentinel? integer # what `mp.wait` takes for the process
local Process = {}

--- Starts the process. A process starts once.
function Process:start() end

--- Waits until the process ends, and returns true, or `nil, "timeout"`.
---@param timeout? number|boolean
---@return true?
---@return "timeout"?
function Process:join(timeout) end

--- Returns whether the process runs.
---@return boolean
function Process:is_alive() end

--- Sends SIGTERM to the process.
function Process:terminate() end

--- Sends SIGKILL to the process.
function Process:kill() end

--- Sends SIGINT to the process.
function Process:interrupt() end

--- Frees what this object holds of a process that has ended. While the process runs it is an error.
function Process:close() end

--- Waits for the end of the process, and returns what its function returned, or raises what it raised.
---@return any ...
function Process:result() end

--- The options of `mp.Pool`.
---@class multiprocessing.PoolOptions
---@field processes? integer # how many workers; by default one for each processor
---@field initializer? fun(...) # a function that each worker calls first
---@field initargs? any[] # the arguments of `initializer`
---@field maxtasksperchild? integer # after how many tasks a worker is replaced

--- Worker processes that run functions over many items.
---@class multiprocessing.Pool
local Pool = {}

--- Calls `f(item)` for each item, and returns the first result of each call, in order. It waits for all calls, and
--- then raises the first failure in the order of the items.
---@generic T, R
---@param f fun(item: T): R
---@param items T[]|fun(): T?
---@param chunksize? integer
---@return R[]
function Pool:map(f, items, chunksize) end

--- Calls `f` for each item as `map` does; an item is the list of its arguments.
---@generic R
---@param f fun(...): R
---@param items any[][]|fun(): any[]?
---@param chunksize? integer
---@return R[]
function Pool:starmap(f, items, chunksize) end

--- Starts what `map` does, and returns at once. The last two arguments may be one table of callbacks and chunksize.
---@param f fun(item: any): any
---@param items any[]|fun(): any
---@param chunksize? integer|multiprocessing.Callbacks
---@param callback? fun(results: any[])|multiprocessing.Callbacks
---@param error_callback? fun(failure: multiprocessing.Error)
---@return multiprocessing.AsyncResult
function Pool:map_async(f, items, chunksize, callback, error_callback) end

--- Starts what `starmap` does, and returns at once. The last two arguments may be one table of callbacks and
--- chunksize.
---@param f fun(...): any
---@param items any[][]|fun(): any[]?
---@param chunksize? integer|multiprocessing.Callbacks
---@param callback? fun(results: any[])|multiprocessing.Callbacks
---@param error_callback? fun(failure: multiprocessing.Error)
---@return multiprocessing.AsyncResult
function Pool:starmap_async(f, items, chunksize, callback, error_callback) end

--- Calls `f` with these arguments in a worker, and returns all that it returns.
---@param f fun(...): ...
---@param args? any[]
---@return any ...
function Pool:apply(f, args) end

--- Starts what `apply` does, and returns at once. The callbacks may be one table. An error that nobody asks for is
--- printed on standard error.
---@param f fun(...): any
---@param args? any[]
---@param callback? fun(...)|multiprocessing.Callbacks
---@param error_callback? fun(failure: multiprocessing.Error)
---@return multiprocessing.AsyncResult
function Pool:apply_async(f, args, callback, error_callback) end

--- Returns an iterator over the results in order: `for place, value in pool:imap(f, items) do`. Each comes as soon as
--- it is there, with all that `f` returned. All come within `timeout` seconds. `pool:close() pool:join()` runs the
--- items whose results nobody has read.
---@generic T
---@param f fun(item: T): ...
---@param items T[]|fun(): T?
---@param chunksize? integer
---@param timeout? number
---@return multiprocessing.Iterator
function Pool:imap(f, items, chunksize, timeout) end

--- Returns an iterator over the results as they finish: `for place, value in pool:imap_unordered(f, items) do`.
---@generic T
---@param f fun(item: T): ...
---@param items T[]|fun(): T?
---@param chunksize? integer
---@return multiprocessing.Iterator
function Pool:imap_unordered(f, items, chunksize) end

--- Refuses further jobs. The workers leave when the jobs that were given are done.
function Pool:close() end

--- Ends the workers at once, whatever they do. The end of a `<close>` variable does it, too.
function Pool:terminate() end

--- Waits until the workers have left. It comes after `close` or `terminate`.
function Pool:join() end

--- What `imap`, `imap_unordered` and `executor:map` return. A call gives the next place and result, or nil after the
--- last.
---@class multiprocessing.Iterator
---@overload fun(): integer?, any
local Iterator = {}

--- Stops reading items, and drops those that no worker has begun. The end of a loop over the iterator does it, too.
function Iterator:close() end

--- The options of `apply_async`, `map_async` and `starmap_async`. The script's process calls the functions, in a call
--- that may wait or is about processes and results.
---@class multiprocessing.Callbacks
---@field callback? fun(...) # is called with the result
---@field error_callback? fun(failure: multiprocessing.Error) # is called with the error instead
---@field chunksize? integer # how many items go to a worker at once

--- The result of an asynchronous call, now or later.
---@class multiprocessing.AsyncResult
local AsyncResult = {}

--- Waits for the result and returns it, or raises what the function raised. After `timeout` seconds it raises an
--- error of kind "timeout".
---@param timeout? number|boolean
---@return any ...
function AsyncResult:get(timeout) end

--- Waits for the result, and returns true, or `nil, "timeout"`.
---@param timeout? number|boolean
---@return true?
---@return "timeout"?
function AsyncResult:wait(timeout) end

--- Returns whether the result is there.
---@return boolean
function AsyncResult:ready() end

--- Returns whether the call succeeded. Before the result is there it is an error.
---@return boolean
function AsyncResult:successful() end

--- A list of results by place. `#` counts all items, also where a result is nil.
---@class multiprocessing.Results
---@field n integer # how many items there are

--- An error that was raised in another process. It prints as its message, and has the methods of strings.
---@class multiprocessing.Error
---@field kind "error"|"timeout"|"crash"|"unsendable"|"cancelled"|"status" # what has happened
---@field message string # the message
---@field traceback? string # the traceback of where it was raised
---@field value any # the value that was raised
---@field index? integer # the place of the item
---@field results? any[] # of `map`: the results of the items that succeeded, by place
---@field errors? table<integer, multiprocessing.Error> # of `map`: the errors of the items that failed, by place
---@field exitcode? integer # the exit code of the worker that has died

--- A queue: any process puts values, any process gets them, and each value goes to one of them.
---@class multiprocessing.Queue
local Queue = {}

--- Puts a copy of a value at the end, and returns true, or `nil, "full"` when there was no room in time.
---@overload fun(self, value: any, block: boolean, timeout: number): true?, "full"?
---@param value any
---@param timeout? number|boolean
---@return true?
---@return "full"?
function Queue:put(value, timeout) end

--- Puts a copy of a value at the end if there is room now, and returns true, or `nil, "full"`.
---@param value any
---@return true?
---@return "full"?
function Queue:put_nowait(value) end

--- Takes the first value and returns it, or `nil, "empty"`, or `nil, "closed"`. A nil that was put comes without a
--- second value.
---@overload fun(self, block: boolean, timeout: number): any, ("empty"|"closed")?
---@param timeout? number|boolean
---@return any
---@return ("empty"|"closed")?
function Queue:get(timeout) end

--- Takes the first value if there is one now, and returns it, or `nil, "empty"`, or `nil, "closed"`.
---@return any
---@return ("empty"|"closed")?
function Queue:get_nowait() end

--- Returns how many values are in the queue.
---@return integer
function Queue:qsize() end

--- Returns whether no value is in the queue.
---@return boolean
function Queue:empty() end

--- Returns whether the queue has no room.
---@return boolean
function Queue:full() end

--- Refuses further values. Those in the queue can still be got; then `get` returns `nil, "closed"`.
function Queue:close() end

--- Returns an iterator over the values, up to a nil or the close: `for value in queue:iter() do`.
---@return fun(): any
function Queue:iter() end

--- Says that one of the values that were got is done.
function Queue:task_done() end

--- Waits until all values are done, and returns true, or `nil, "timeout"`. The values that a process has got count as
--- done when it ends.
---@overload fun(self, block: boolean, timeout: number): true?, "timeout"?
---@param timeout? number|boolean
---@return true?
---@return "timeout"?
function Queue:join(timeout) end

--- Does nothing, as no value waits in the process that has put it.
function Queue:join_thread() end

--- Does nothing, as no value waits in the process that has put it.
function Queue:cancel_join_thread() end

--- One end of a pipe.
---@class multiprocessing.Connection
---@field closed boolean # whether this process has closed the end
---@field readable boolean # whether the end receives
---@field writable boolean # whether the end sends
local Connection = {}

--- Sends a copy of a value, and returns true, or `nil, "closed"` when no process has the other end any more.
---@param value any
---@return true?
---@return "closed"?
function Connection:send(value) end

--- Receives the next value and returns it, or `nil, "timeout"`. When no process has the other end any more, it
--- returns `nil, "closed"` after the last value.
---@overload fun(self, block: boolean, timeout: number): any, ("timeout"|"closed")?
---@param timeout? number|boolean
---@return any
---@return ("timeout"|"closed")?
function Connection:recv(timeout) end

--- Sends a string, or `size` bytes of it from `offset` on, which counts from 0.
---@param bytes string
---@param offset? integer
---@param size? integer
---@return true?
---@return "closed"?
function Connection:send_bytes(bytes, offset, size) end

--- Receives the next string. One of more than `maximum` bytes is an error.
---@param maximum? integer
---@return string?
---@return "closed"?
function Connection:recv_bytes(maximum) end

--- Returns whether something can be received, now or within `timeout` seconds.
---@param timeout? number|boolean
---@return boolean
function Connection:poll(timeout) end

--- Closes this end in this process.
function Connection:close() end

--- What `hold` returns. The end of its `<close>` variable releases the lock, in the process that has taken it.
---@class multiprocessing.Hold
---@field lock multiprocessing.Lock|multiprocessing.Semaphore # the lock or semaphore
---@field reason? "abandoned" # "abandoned" when the owner before was lost

--- A lock: one process holds it at a time, and any process may release it.
---@class multiprocessing.Lock
local Lock = {}

--- Takes the lock as soon as it is free, and returns true, or `nil, "timeout"`. When the owner before was lost, it
--- returns `true, "abandoned"`.
---@overload fun(self, block: boolean, timeout: number): true?, ("timeout"|"abandoned")?
---@param timeout? number|boolean
---@return true?
---@return ("timeout"|"abandoned")?
function Lock:acquire(timeout) end

--- Releases the lock.
---@param count? integer
function Lock:release(count) end

--- Calls `f(…)` with the lock held, and returns what it returns.
---@generic R
---@param f fun(...): R
---@param ... any
---@return R
function Lock:with(f, ...) end

--- Takes the lock until the end of the block: `local held <close> = lock:hold(timeout)`.
---@overload fun(self, block: boolean, timeout: number): multiprocessing.Hold?, "timeout"?
---@param timeout? number|boolean
---@return multiprocessing.Hold?
---@return "timeout"?
function Lock:hold(timeout) end

--- Returns whether any process holds the lock.
---@return boolean
function Lock:locked() end

--- A lock that its owner may acquire again, and releases as often.
---@class multiprocessing.RLock: multiprocessing.Lock

--- A number of places, which processes take and add.
---@class multiprocessing.Semaphore
local Semaphore = {}

--- Takes a place as soon as there is one, and returns true, or `nil, "timeout"`. When a process that held a place was
--- lost, it returns `true, "abandoned"`.
---@overload fun(self, block: boolean, timeout: number): true?, ("timeout"|"abandoned")?
---@param timeout? number|boolean
---@return true?
---@return ("timeout"|"abandoned")?
function Semaphore:acquire(timeout) end

--- Adds one place, or `count` places.
---@param count? integer
function Semaphore:release(count) end

--- Calls `f(…)` with a place taken, and returns what it returns.
---@generic R
---@param f fun(...): R
---@param ... any
---@return R
function Semaphore:with(f, ...) end

--- Takes a place until the end of the block: `local held <close> = semaphore:hold(timeout)`.
---@overload fun(self, block: boolean, timeout: number): multiprocessing.Hold?, "timeout"?
---@param timeout? number|boolean
---@return multiprocessing.Hold?
---@return "timeout"?
function Semaphore:hold(timeout) end

--- Returns how many places there are now.
---@return integer
function Semaphore:get_value() end

--- A condition: a process waits, with the lock held, until another process, with the lock held, notifies it.
---@class multiprocessing.Condition
local Condition = {}

--- Takes the lock of the condition.
---@overload fun(self, block: boolean, timeout: number): true?, ("timeout"|"abandoned")?
---@param timeout? number|boolean
---@return true?
---@return ("timeout"|"abandoned")?
function Condition:acquire(timeout) end

--- Releases the lock of the condition.
function Condition:release() end

--- Calls `f(…)` with the lock held, and returns what it returns.
---@generic R
---@param f fun(...): R
---@param ... any
---@return R
function Condition:with(f, ...) end

--- Takes the lock until the end of the block: `local held <close> = condition:hold(timeout)`.
---@overload fun(self, block: boolean, timeout: number): multiprocessing.Hold?, "timeout"?
---@param timeout? number|boolean
---@return multiprocessing.Hold?
---@return "timeout"?
function Condition:hold(timeout) end

--- Releases the lock, waits for a notification, and takes the lock again. It returns true, or `nil, "timeout"`, and
--- then "abandoned" if the owner of the lock was lost meanwhile.
---@overload fun(self, block: boolean, timeout: number): true?, "timeout"|"abandoned"?, "abandoned"?
---@param timeout? number|boolean
---@return true?
---@return "timeout"|"abandoned"?
---@return "abandoned"?
function Condition:wait(timeout) end

--- Waits until `predicate()` is true, or `timeout` seconds have passed, and returns its last value.
---@generic R
---@param predicate fun(): R
---@param timeout? number
---@return R
function Condition:wait_for(predicate, timeout) end

--- Wakes up to `n` waiting processes (1), and returns how many.
---@param n? integer
---@return integer
function Condition:notify(n) end

--- Wakes all waiting processes, and returns how many.
---@return integer
function Condition:notify_all() end

--- A flag that processes wait for.
---@class multiprocessing.Event
local Event = {}

--- Sets the flag. All waiting processes go on.
function Event:set() end

--- Clears the flag.
function Event:clear() end

--- Returns whether the flag is set.
---@return boolean
function Event:is_set() end

--- Waits until the flag is set, and returns true, or `nil, "timeout"`.
---@overload fun(self, block: boolean, timeout: number): true?, "timeout"?
---@param timeout? number|boolean
---@return true?
---@return "timeout"?
function Event:wait(timeout) end

--- A place where a number of processes meet.
---@class multiprocessing.Barrier
---@field parties integer # how many processes meet
---@field n_waiting integer # how many processes wait
---@field broken boolean # whether the barrier is broken
local Barrier = {}

--- Waits for all parties, and returns this one's place among them, from 0. When a party has died or given up, all get
--- `nil, "broken"`.
---@param timeout? number|boolean
---@return integer?
---@return "broken"?
function Barrier:wait(timeout) end

--- Breaks the barrier, for all who wait and all who come.
function Barrier:abort() end

--- Makes the barrier as new. Those who wait get `nil, "broken"`.
function Barrier:reset() end

--- One number in shared memory.
---@class multiprocessing.Value
---@field value number|boolean # the number; assigning to it changes the shared one
local Value = {}

--- Adds to the number as one step, and returns the sum. `v.value = v.value + 1` is two steps.
---@param amount number
---@return number
function Value:add(amount) end

--- Calls `f(…)` with the lock of the number held, and returns what it returns.
---@generic R
---@param f fun(...): R
---@param ... any
---@return R
function Value:with(f, ...) end

--- Returns the lock of the number.
---@return multiprocessing.Lock
function Value:get_lock() end

--- Numbers in shared memory, at places from 1: `a[i]`, `#a`, `pairs(a)`.
---@class multiprocessing.Array
---@field [integer] number|boolean # of "c" a string of one byte may be written, too
---@field value string # of "c": the bytes before the first NUL; assigning appends a NUL if there is room
---@field raw string # of "c": all bytes
local Array = {}

--- Adds to the number at a place as one step, and returns the sum.
---@param place integer
---@param amount number
---@return number
function Array:add(place, amount) end

--- Calls `f(…)` with the lock of the array held, and returns what it returns.
---@generic R
---@param f fun(...): R
---@param ... any
---@return R
function Array:with(f, ...) end

--- Returns the lock of the array.
---@return multiprocessing.Lock
function Array:get_lock() end

--- Returns the numbers from place `first` to `last` as a table.
---@param first? integer
---@param last? integer
---@return number[]
function Array:totable(first, last) end

--- A process that owns tables. Queues, locks and the like need none, as they are in shared memory anyway.
---@class multiprocessing.Manager
---@field pid? integer # the pid of the manager's process
local Manager = {}

--- Makes a table with any keys, and returns its proxy: `d.k`, `d[k] = v`, `pairs(d)`. The proxy has no methods; see
--- `mp.update` and `mp.copy`.
---@param content? table
---@return multiprocessing.Dict
function Manager:dict(content) end

--- Makes a list of these values, and returns its proxy. `content` is a list, an iterator or a range.
---@param content? any[]|fun(): any
---@return multiprocessing.List
function Manager:list(content) end

--- Makes a table whose keys are names, and returns its proxy.
---@param content? table
---@return multiprocessing.Namespace
function Manager:Namespace(content) end

--- Makes a queue of at most `maxsize` values, as `mp.Queue` does.
---@param maxsize? integer
---@return multiprocessing.Queue
function Manager:Queue(maxsize) end

--- Makes a queue of at most `maxsize` values, as `mp.JoinableQueue` does.
---@param maxsize? integer
---@return multiprocessing.Queue
function Manager:JoinableQueue(maxsize) end

--- Makes a lock, as `mp.Lock` does.
---@return multiprocessing.Lock
function Manager:Lock() end

--- Makes a lock that its owner may acquire again, as `mp.RLock` does.
---@return multiprocessing.RLock
function Manager:RLock() end

--- Makes a semaphore, as `mp.Semaphore` does.
---@param count? integer
---@return multiprocessing.Semaphore
function Manager:Semaphore(count) end

--- Makes a semaphore with an upper bound, as `mp.BoundedSemaphore` does.
---@param count? integer
---@return multiprocessing.Semaphore
function Manager:BoundedSemaphore(count) end

--- Makes a condition, as `mp.Condition` does.
---@param lock? multiprocessing.Lock
---@return multiprocessing.Condition
function Manager:Condition(lock) end

--- Makes an event, as `mp.Event` does.
---@return multiprocessing.Event
function Manager:Event() end

--- Makes a barrier, as `mp.Barrier` does.
---@param parties integer
---@param action? fun()
---@param timeout? number
---@return multiprocessing.Barrier
function Manager:Barrier(parties, action, timeout) end

--- Makes a number in shared memory, as `mp.Value` does.
---@param code multiprocessing.Code
---@param number? number|boolean|string
---@param lock? multiprocessing.Lock|boolean
---@return multiprocessing.Value
function Manager:Value(code, number, lock) end

--- Makes an array in shared memory, as `mp.Array` does.
---@param code multiprocessing.Code
---@param numbers integer|number[]|boolean[]|string
---@param lock? multiprocessing.Lock|boolean
---@return multiprocessing.Array
function Manager:Array(code, numbers, lock) end

--- Ends the manager's process. The tables that it owns are gone.
function Manager:shutdown() end

--- A proxy of a manager's table. Reading a key gives a copy of its value: after changing it, write it back.
---@class multiprocessing.Dict
---@field [any] any

--- A proxy of a manager's table whose keys are names.
---@class multiprocessing.Namespace
---@field [string] any

--- A proxy of a manager's list: `l[1]`, `#l`, `pairs(l)`. Places below 0 count from the end.
---@class multiprocessing.List
---@field [integer] any
local List = {}

--- Adds values at the end.
---@param ... any
function List:append(...) end

--- Adds the values of a list at the end.
---@param values any[]
function List:extend(values) end

--- Inserts a value at a place, before what is there.
---@param place integer
---@param value any
function List:insert(place, value) end

--- Removes the last value, or the one at a place, and returns it.
---@param place? integer
---@return any
function List:pop(place) end

--- Sorts the list in the owner, as table.sort does.
---@param before? fun(a: any, b: any): boolean
function List:sort(before) end

--- Reverses the order of the list.
function List:reverse() end

--- Returns how often a value is in the list.
---@param value any
---@return integer
function List:count(value) end

--- Removes all values.
function List:clear() end

return mp
