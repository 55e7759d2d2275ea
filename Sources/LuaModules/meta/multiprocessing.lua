---@meta multiprocessing

--- Processes, and what they share, under the names of Python's multiprocessing.
---
--- What becomes of what a process has acquired when it ends: it has *left* if its function returned or it called
--- `os.exit(0)`, and is *lost* if it raised, ended with another status or was killed; the same goes for a pool's task. A
--- Lock, which any process may release, stays taken when its holder left, and is free when its holder was lost: the next
--- `acquire` returns `true, "abandoned"`. An RLock, which only its holder may release, is free and "abandoned" either way.
--- What is acquired of a semaphore belongs to nobody, and never comes back by itself. What was taken by `hold` or `with`
--- comes back however its holder ends, "abandoned" if that was lost. A process holds nothing of what its parent holds.
---@class multiprocessing
local mp = {}

--- A process of its own that will run a function: `mp.Process(f, …)`, or a table of options.
---@overload fun(options: multiprocessing.ProcessOptions): multiprocessing.Process
---@param target fun(...): ...
---@param ... any what the function is called with
---@return multiprocessing.Process
function mp.Process(target, ...) end

--- Worker processes, forked at the first job: `mp.Pool(4)`, or a table of options; one for each processor by default.
---@param options? integer|multiprocessing.PoolOptions
---@return multiprocessing.Pool
function mp.Pool(options) end

--- This process.
---@return multiprocessing.Process
function mp.current_process() end

--- The process that has started this one, or nil in the script itself.
---@return multiprocessing.Process?
function mp.parent_process() end

--- The processes that this one has started and that run.
---@return multiprocessing.Process[]
function mp.active_children() end

--- As fork(2): 0 in the child, which goes on from here, and the child's number in the parent.
---@return integer pid
function mp.fork() end

--- Waits for the end of a child, once: its number and its exit code, -n when signal n ended it. With `nohang`
--- `nil, "running"` while it runs.
---@param pid integer
---@param nohang? boolean
---@return integer? pid
---@return integer|"running" exitcode
function mp.waitpid(pid, nohang) end

--- A lock that one process holds at a time, and any may release.
---@return multiprocessing.Lock
function mp.Lock() end

--- A lock that its holder may take again, and gives back as often.
---@return multiprocessing.RLock
function mp.RLock() end

--- A count of places (1): acquire takes one as soon as there is one, every release adds one.
---@param count? integer
---@return multiprocessing.Semaphore
function mp.Semaphore(count) end

--- The same, and a release beyond `count` is an error.
---@param count? integer
---@return multiprocessing.Semaphore
function mp.BoundedSemaphore(count) end

--- A condition with this lock, or with an RLock of its own.
---@param lock? multiprocessing.Lock
---@return multiprocessing.Condition
function mp.Condition(lock) end

--- A flag that processes wait for; unset.
---@return multiprocessing.Event
function mp.Event() end

--- A meeting of `parties` processes; the last to come calls `action` before anybody goes on; `timeout` is for `wait`.
---@param parties integer
---@param action? fun()
---@param timeout? number
---@return multiprocessing.Barrier
function mp.Barrier(parties, action, timeout) end

--- A queue of at most `maxsize` values; without it, of as many as memory holds.
---@param maxsize? integer
---@return multiprocessing.Queue
function mp.Queue(maxsize) end

--- The same as `mp.Queue`.
---@param maxsize? integer
---@return multiprocessing.Queue
function mp.SimpleQueue(maxsize) end

--- The same as `mp.Queue`.
---@param maxsize? integer
---@return multiprocessing.Queue
function mp.JoinableQueue(maxsize) end

--- Two ends of a pipe; after `mp.Pipe(false)` the first only receives and the second only sends.
---@param duplex? boolean
---@return multiprocessing.Connection
---@return multiprocessing.Connection
function mp.Pipe(duplex) end

--- Those of a list of connections, queues and processes that have something to be received, or have ended.
---@param list (multiprocessing.Connection|multiprocessing.Queue|multiprocessing.Process|integer)[]
---@param timeout? number|boolean
---@return (multiprocessing.Connection|multiprocessing.Queue|multiprocessing.Process|integer)[]
function mp.wait(list, timeout) end

--- A number in shared memory: `mp.Value("i", 0)`, or with "?" a boolean; `lock` is the one to use, or false for none.
---@param code multiprocessing.Code
---@param number? number|boolean|string
---@param lock? multiprocessing.Lock|boolean
---@return multiprocessing.Value
function mp.Value(code, number, lock) end

--- Numbers in shared memory, or with "?" booleans: so many zeros, those of a list, or for "c" the bytes of a string; `lock`
--- is the one to use, or false for none.
---@param code multiprocessing.Code
---@param numbers integer|number[]|boolean[]|string
---@param lock? multiprocessing.Lock|boolean
---@return multiprocessing.Array
function mp.Array(code, numbers, lock) end

--- Starts a process that owns tables, which others read and change through proxies.
---@return multiprocessing.Manager
function mp.Manager() end

--- Runs `f(value, …)` on the value of a key in the owner, as one step; what it returns is the new value, and returned.
---@generic V
---@param dict multiprocessing.Dict|multiprocessing.Namespace
---@param key any
---@param f fun(value: V?, ...): V
---@param ... any
---@return V
function mp.update(dict, key, f, ...) end

--- All that a proxy stands for, as a table of this process.
---@param dict multiprocessing.Dict|multiprocessing.List|multiprocessing.Namespace
---@return table
function mp.copy(dict) end

--- How many processors this process may use.
---@return integer
function mp.cpu_count() end

--- The number of this process.
---@return integer
function mp.getpid() end

--- The number of the process that has made this one; in a worker of a pool, of the script.
---@return integer
function mp.getppid() end

--- Takes "fork" only: a new process is a copy of the script as it stands.
---@param method "fork"
function mp.set_start_method(method) end

--- "fork".
---@return "fork"
function mp.get_start_method() end

--- The module itself, which is what there is for "fork".
---@param method? "fork"
---@return multiprocessing
function mp.get_context(method) end

--- Nothing; Python has it.
function mp.freeze_support() end

--- Whether a deadlock ends the program with a report; it does unless this says otherwise.
---@param on boolean
function mp.set_deadlock_detection(on) end

--- The type of shared numbers, as in C: b B c a byte, h H 16 bits, i I 32, l L q Q 64, f float, d double, ? truth; of
--- two letters the capital is unsigned.
---@alias multiprocessing.Code "b"|"B"|"c"|"h"|"H"|"i"|"I"|"l"|"L"|"q"|"Q"|"f"|"d"|"?"

--- What `mp.Process` takes as a table.
---@class multiprocessing.ProcessOptions
---@field target? fun(...): ...
---@field args? any[] # what `target` is called with
---@field name? string
---@field daemon? boolean # killed at the end of the script, where others are joined

--- A process of its own that runs a function.
---@class multiprocessing.Process
---@field pid? integer # its number, nil before the start
---@field name string
---@field daemon boolean # killed at the end of the script, where others are joined
---@field exitcode? integer # nil while it runs, -n when signal n ended it
---@field sentinel? integer # what `mp.wait` takes too
local Process = {}

--- Starts the process; once.
function Process:start() end

--- Waits until it ends: true, or `nil, "timeout"`.
---@param timeout? number|boolean
---@return true?
---@return "timeout"?
function Process:join(timeout) end

--- Whether it runs.
---@return boolean
function Process:is_alive() end

--- Sends SIGTERM.
function Process:terminate() end

--- Sends SIGKILL.
function Process:kill() end

--- Sends SIGINT.
function Process:interrupt() end

--- Gives up what is known of a process that has ended; an error while it runs.
function Process:close() end

--- Waits for the end, and returns what the function returned, or raises what it raised.
---@return any ...
function Process:result() end

--- What `mp.Pool` takes as a table.
---@class multiprocessing.PoolOptions
---@field processes? integer # how many, by default one for each processor
---@field initializer? fun(...) # called in each worker first
---@field initargs? any[] # what with
---@field maxtasksperchild? integer # a worker is replaced after so many tasks

--- Worker processes that run functions over many items.
---@class multiprocessing.Pool
local Pool = {}

--- The results of `f(item)`, the first one of each call, in order. Waits for all of them, then raises the first failure in input
--- order.
---@generic T, R
---@param f fun(item: T): R
---@param items T[]|fun(): T?
---@param chunksize? integer
---@return R[]
function Pool:map(f, items, chunksize) end

--- The same for items that are lists of arguments.
---@generic R
---@param f fun(...): R
---@param items any[][]|fun(): any[]?
---@param chunksize? integer
---@return R[]
function Pool:starmap(f, items, chunksize) end

--- `map` that does not wait; the last two may be one table of callbacks and chunksize.
---@param f fun(item: any): any
---@param items any[]|fun(): any
---@param chunksize? integer|multiprocessing.Callbacks
---@param callback? fun(results: any[])|multiprocessing.Callbacks
---@param error_callback? fun(failure: multiprocessing.Error)
---@return multiprocessing.AsyncResult
function Pool:map_async(f, items, chunksize, callback, error_callback) end

--- `starmap` that does not wait.
---@param f fun(...): any
---@param items any[][]|fun(): any[]?
---@param chunksize? integer|multiprocessing.Callbacks
---@param callback? fun(results: any[])|multiprocessing.Callbacks
---@param error_callback? fun(failure: multiprocessing.Error)
---@return multiprocessing.AsyncResult
function Pool:starmap_async(f, items, chunksize, callback, error_callback) end

--- What `f` returns for these arguments, all of it, run by a worker.
---@param f fun(...): ...
---@param args? any[]
---@return any ...
function Pool:apply(f, args) end

--- `apply` that does not wait; the callbacks may be one table. An error that nobody asks for is told on standard error.
---@param f fun(...): any
---@param args? any[]
---@param callback? fun(...)|multiprocessing.Callbacks
---@param error_callback? fun(failure: multiprocessing.Error)
---@return multiprocessing.AsyncResult
function Pool:apply_async(f, args, callback, error_callback) end

--- `for place, value in pool:imap(f, items) do`: each result in order, as soon as it is there, with all that `f` returns;
--- all within `timeout` seconds. What is not read is run by `pool:close() pool:join()`.
---@generic T
---@param f fun(item: T): ...
---@param items T[]|fun(): T?
---@param chunksize? integer
---@param timeout? number
---@return multiprocessing.Iterator
function Pool:imap(f, items, chunksize, timeout) end

--- The same with results as they come.
---@generic T
---@param f fun(item: T): ...
---@param items T[]|fun(): T?
---@param chunksize? integer
---@return multiprocessing.Iterator
function Pool:imap_unordered(f, items, chunksize) end

--- No more jobs; the workers leave when those that are out are done.
function Pool:close() end

--- Ends the workers at once, whatever they do; the end of a `<close>` variable does it too.
function Pool:terminate() end

--- Waits until everything is run and the workers have left, after close or terminate.
function Pool:join() end

--- What `imap`, `imap_unordered` and `executor:map` answer: called, it gives the next place and result, or nil after the
--- last.
---@class multiprocessing.Iterator
---@overload fun(): integer?, any
local Iterator = {}

--- Takes nothing more from the items, and drops those that were not begun; so does the end of a loop over it.
function Iterator:close() end

--- What `apply_async`, `map_async` and `starmap_async` take as a table. The functions are called in the script's
--- process, at a call that may wait or is about processes and results.
---@class multiprocessing.Callbacks
---@field callback? fun(...) # is called with the result
---@field error_callback? fun(failure: multiprocessing.Error) # is called with the error instead
---@field chunksize? integer # items that go to a worker at once

--- What an asynchronous call will have come to.
---@class multiprocessing.AsyncResult
local AsyncResult = {}

--- Waits for the result and returns it, or raises what the function raised; kind "timeout" when it is not in time.
---@param timeout? number|boolean
---@return any ...
function AsyncResult:get(timeout) end

--- Waits: true, or `nil, "timeout"`.
---@param timeout? number|boolean
---@return true?
---@return "timeout"?
function AsyncResult:wait(timeout) end

--- Whether it has come.
---@return boolean
function AsyncResult:ready() end

--- Whether it came to a result; an error before it is ready.
---@return boolean
function AsyncResult:successful() end

--- Results by place; `#` counts the items, also where a result is nil.
---@class multiprocessing.Results
---@field n integer # how many

--- What was raised in another process. It prints as its message, and has the methods of strings.
---@class multiprocessing.Error
---@field kind "error"|"timeout"|"crash"|"unsendable"|"cancelled"|"status" # what has happened
---@field message string
---@field traceback? string # of where it was raised
---@field value any # what was raised
---@field index? integer # the place of the item
---@field results? any[] # after `map`, what has succeeded, by place
---@field errors? table<integer, multiprocessing.Error> # after `map`, what has failed, by place
---@field exitcode? integer # of the worker that has died

--- A queue: any process puts, any process gets, each value goes to one of them.
---@class multiprocessing.Queue
local Queue = {}

--- Puts a copy of `value` at the end: true, or `nil, "full"` when there was no room in time.
---@overload fun(self, value: any, block: boolean, timeout: number): true?, "full"?
---@param value any
---@param timeout? number|boolean
---@return true?
---@return "full"?
function Queue:put(value, timeout) end

--- Puts it if there is room now.
---@param value any
---@return true?
---@return "full"?
function Queue:put_nowait(value) end

--- Takes the first value: it, or `nil, "empty"` or `nil, "closed"`. A nil that was put comes without a reason.
---@overload fun(self, block: boolean, timeout: number): any, ("empty"|"closed")?
---@param timeout? number|boolean
---@return any
---@return ("empty"|"closed")?
function Queue:get(timeout) end

--- Takes it if there is one now.
---@return any
---@return ("empty"|"closed")?
function Queue:get_nowait() end

--- How many values are in it.
---@return integer
function Queue:qsize() end

--- Whether there is none.
---@return boolean
function Queue:empty() end

--- Whether there is no room.
---@return boolean
function Queue:full() end

--- Nothing can be put any more; what is in it can be got, and then `get` says "closed".
function Queue:close() end

--- The values, up to a nil or the close: `for value in queue:iter() do`.
---@return fun(): any
function Queue:iter() end

--- Says that one of the values that were got is done with.
function Queue:task_done() end

--- Waits until all values are done with: true, or `nil, "timeout"`. What a process has got counts as done when it ends.
---@overload fun(self, block: boolean, timeout: number): true?, "timeout"?
---@param timeout? number|boolean
---@return true?
---@return "timeout"?
function Queue:join(timeout) end

--- Nothing: no value waits in the process itself.
function Queue:join_thread() end

--- Nothing.
function Queue:cancel_join_thread() end

--- One end of a pipe.
---@class multiprocessing.Connection
---@field closed boolean # in this process
---@field readable boolean # whether it receives
---@field writable boolean # whether it sends
local Connection = {}

--- Sends a copy of `value`: true, or `nil, "closed"` when nobody has the other end any more.
---@param value any
---@return true?
---@return "closed"?
function Connection:send(value) end

--- The next value: it, or `nil, "timeout"`, or `nil, "closed"` after the last one, when nobody has the other end.
---@overload fun(self, block: boolean, timeout: number): any, ("timeout"|"closed")?
---@param timeout? number|boolean
---@return any
---@return ("timeout"|"closed")?
function Connection:recv(timeout) end

--- Sends a string, or a part of it: from `offset`, counted from 0, `size` bytes.
---@param bytes string
---@param offset? integer
---@param size? integer
---@return true?
---@return "closed"?
function Connection:send_bytes(bytes, offset, size) end

--- The next string; one of more than `maximum` bytes is an error.
---@param maximum? integer
---@return string?
---@return "closed"?
function Connection:recv_bytes(maximum) end

--- Whether something can be received, within `timeout` seconds (0).
---@param timeout? number|boolean
---@return boolean
function Connection:poll(timeout) end

--- Closes this process's end.
function Connection:close() end

--- What ends with a `<close>` variable, in the process that has taken it: `local held <close> = lock:hold()`.
---@class multiprocessing.Hold
---@field lock multiprocessing.Lock|multiprocessing.Semaphore
---@field reason? "abandoned" # "abandoned" when the holder before was lost

--- A lock that one process holds at a time, and any may release.
---@class multiprocessing.Lock
local Lock = {}

--- Takes it as soon as it is free: true, or `nil, "timeout"`; `true, "abandoned"` when its holder was lost.
---@overload fun(self, block: boolean, timeout: number): true?, ("timeout"|"abandoned")?
---@param timeout? number|boolean
---@return true?
---@return ("timeout"|"abandoned")?
function Lock:acquire(timeout) end

--- Gives it back.
---@param count? integer
function Lock:release(count) end

--- Calls `f(…)` with it held.
---@generic R
---@param f fun(...): R
---@param ... any
---@return R
function Lock:with(f, ...) end

--- Takes it until the end of the block: `local held <close> = lock:hold(timeout)`.
---@overload fun(self, block: boolean, timeout: number): multiprocessing.Hold?, "timeout"?
---@param timeout? number|boolean
---@return multiprocessing.Hold?
---@return "timeout"?
function Lock:hold(timeout) end

--- Whether somebody holds it.
---@return boolean
function Lock:locked() end

--- A lock that its holder may take again, and gives back as often.
---@class multiprocessing.RLock: multiprocessing.Lock

--- A count of places.
---@class multiprocessing.Semaphore
local Semaphore = {}

--- Takes a place as soon as there is one: true, or `nil, "timeout"`; `true, "abandoned"` when one who held it was lost.
---@overload fun(self, block: boolean, timeout: number): true?, ("timeout"|"abandoned")?
---@param timeout? number|boolean
---@return true?
---@return ("timeout"|"abandoned")?
function Semaphore:acquire(timeout) end

--- Gives back one place, or `count`.
---@param count? integer
function Semaphore:release(count) end

--- Calls `f(…)` with a place taken.
---@generic R
---@param f fun(...): R
---@param ... any
---@return R
function Semaphore:with(f, ...) end

--- Takes a place until the end of the block.
---@overload fun(self, block: boolean, timeout: number): multiprocessing.Hold?, "timeout"?
---@param timeout? number|boolean
---@return multiprocessing.Hold?
---@return "timeout"?
function Semaphore:hold(timeout) end

--- How many could acquire it now.
---@return integer
function Semaphore:get_value() end

--- Wait with the lock held until another process, with the lock held, notifies.
---@class multiprocessing.Condition
local Condition = {}

--- Takes the lock.
---@overload fun(self, block: boolean, timeout: number): true?, ("timeout"|"abandoned")?
---@param timeout? number|boolean
---@return true?
---@return ("timeout"|"abandoned")?
function Condition:acquire(timeout) end

--- Gives the lock back.
function Condition:release() end

--- Calls `f(…)` with the lock held.
---@generic R
---@param f fun(...): R
---@param ... any
---@return R
function Condition:with(f, ...) end

--- Takes the lock until the end of the block.
---@overload fun(self, block: boolean, timeout: number): multiprocessing.Hold?, "timeout"?
---@param timeout? number|boolean
---@return multiprocessing.Hold?
---@return "timeout"?
function Condition:hold(timeout) end

--- Gives the lock back, waits to be notified, and takes it again: true, or `nil, "timeout"`; and "abandoned", if its
--- holder was lost meanwhile.
---@overload fun(self, block: boolean, timeout: number): true?, "timeout"|"abandoned"?, "abandoned"?
---@param timeout? number|boolean
---@return true?
---@return "timeout"|"abandoned"?
---@return "abandoned"?
function Condition:wait(timeout) end

--- Waits until `predicate()` is true, or `timeout` seconds have passed; returns its last value.
---@generic R
---@param predicate fun(): R
---@param timeout? number
---@return R
function Condition:wait_for(predicate, timeout) end

--- Wakes `n` (1) of those who wait; returns how many there were.
---@param n? integer
---@return integer
function Condition:notify(n) end

--- Wakes all; returns how many there were.
---@return integer
function Condition:notify_all() end

--- A flag that processes wait for.
---@class multiprocessing.Event
local Event = {}

--- Sets it; who waits goes on.
function Event:set() end

--- Takes it back.
function Event:clear() end

--- Whether it is set.
---@return boolean
function Event:is_set() end

--- Waits until it is set: true, or `nil, "timeout"`.
---@overload fun(self, block: boolean, timeout: number): true?, "timeout"?
---@param timeout? number|boolean
---@return true?
---@return "timeout"?
function Event:wait(timeout) end

--- A meeting of a number of processes.
---@class multiprocessing.Barrier
---@field parties integer # how many meet
---@field n_waiting integer # how many wait
---@field broken boolean # for all who wait or come
local Barrier = {}

--- Waits for all others: this party's place, from 0; or `nil, "broken"`, for everybody, when one has died or given up.
---@param timeout? number|boolean
---@return integer?
---@return "broken"?
function Barrier:wait(timeout) end

--- Breaks it, for all who wait and all who come.
function Barrier:abort() end

--- Makes it as new; those who wait are told that it was broken.
function Barrier:reset() end

--- One number in shared memory.
---@class multiprocessing.Value
---@field value number|boolean # read and written like a field
local Value = {}

--- Adds to it as one step, and returns the sum; `v.value = v.value + 1` is two.
---@param amount number
---@return number
function Value:add(amount) end

--- Calls `f(…)` with its lock held.
---@generic R
---@param f fun(...): R
---@param ... any
---@return R
function Value:with(f, ...) end

--- Its lock.
---@return multiprocessing.Lock
function Value:get_lock() end

--- Numbers in shared memory, at places from 1: `a[i]`, `#a`, `pairs(a)`.
---@class multiprocessing.Array
---@field [integer] number|boolean # of "c" a string of one byte may be written, too
---@field value string # of "c": the bytes before the first NUL; what is written is followed by one, if there is room
---@field raw string # of "c": all bytes
local Array = {}

--- Adds to the number at a place as one step, and returns the sum.
---@param place integer
---@param amount number
---@return number
function Array:add(place, amount) end

--- Calls `f(…)` with its lock held.
---@generic R
---@param f fun(...): R
---@param ... any
---@return R
function Array:with(f, ...) end

--- Its lock.
---@return multiprocessing.Lock
function Array:get_lock() end

--- The numbers from place `first` to `last` as a table.
---@param first? integer
---@param last? integer
---@return number[]
function Array:totable(first, last) end

--- A process that owns tables. What is not a table is in shared memory anyway.
---@class multiprocessing.Manager
---@field pid? integer # its process's number
local Manager = {}

--- A table with any keys: `d.k`, `d[k] = v`, `pairs(d)`. It has no methods; see `mp.update` and `mp.copy`.
---@param content? table
---@return multiprocessing.Dict
function Manager:dict(content) end

--- A list of these values, which are a list, an iterator or a range.
---@param content? any[]|fun(): any
---@return multiprocessing.List
function Manager:list(content) end

--- A table whose keys are names.
---@param content? table
---@return multiprocessing.Namespace
function Manager:Namespace(content) end

--- As `mp.Queue`.
---@param maxsize? integer
---@return multiprocessing.Queue
function Manager:Queue(maxsize) end

--- As `mp.JoinableQueue`.
---@param maxsize? integer
---@return multiprocessing.Queue
function Manager:JoinableQueue(maxsize) end

--- As `mp.Lock`.
---@return multiprocessing.Lock
function Manager:Lock() end

--- As `mp.RLock`.
---@return multiprocessing.RLock
function Manager:RLock() end

--- As `mp.Semaphore`.
---@param count? integer
---@return multiprocessing.Semaphore
function Manager:Semaphore(count) end

--- As `mp.BoundedSemaphore`.
---@param count? integer
---@return multiprocessing.Semaphore
function Manager:BoundedSemaphore(count) end

--- As `mp.Condition`.
---@param lock? multiprocessing.Lock
---@return multiprocessing.Condition
function Manager:Condition(lock) end

--- As `mp.Event`.
---@return multiprocessing.Event
function Manager:Event() end

--- As `mp.Barrier`.
---@param parties integer
---@param action? fun()
---@param timeout? number
---@return multiprocessing.Barrier
function Manager:Barrier(parties, action, timeout) end

--- As `mp.Value`.
---@param code multiprocessing.Code
---@param number? number|boolean|string
---@param lock? multiprocessing.Lock|boolean
---@return multiprocessing.Value
function Manager:Value(code, number, lock) end

--- As `mp.Array`.
---@param code multiprocessing.Code
---@param numbers integer|number[]|boolean[]|string
---@param lock? multiprocessing.Lock|boolean
---@return multiprocessing.Array
function Manager:Array(code, numbers, lock) end

--- Ends the manager's process; what it owns is gone.
function Manager:shutdown() end

--- A proxy of a manager's table. What is read is a copy: after changing it, write it back.
---@class multiprocessing.Dict
---@field [any] any

--- A proxy of a manager's table whose keys are names.
---@class multiprocessing.Namespace
---@field [string] any

--- A proxy of a manager's list: `l[1]`, `#l`, `pairs(l)`; places below 0 count from the end.
---@class multiprocessing.List
---@field [integer] any
local List = {}

--- Adds values at the end.
---@param ... any
function List:append(...) end

--- Adds the values of a list at the end.
---@param values any[]
function List:extend(values) end

--- Puts a value at a place, in front of what is there.
---@param place integer
---@param value any
function List:insert(place, value) end

--- Takes the last value, or the one at a place.
---@param place? integer
---@return any
function List:pop(place) end

--- Sorts it in the owner, as table.sort does.
---@param before? fun(a: any, b: any): boolean
function List:sort(before) end

--- Turns its order round.
function List:reverse() end

--- How often a value is in it.
---@param value any
---@return integer
function List:count(value) end

--- Takes all values away.
function List:clear() end

return mp
