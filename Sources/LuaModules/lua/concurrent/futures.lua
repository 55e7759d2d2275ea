--- Futures: results of calls that worker processes run.
local core = require "_multiprocessing"
local arguments = require "multiprocessing.arguments"
local class = require "multiprocessing.class"
local errors = require "multiprocessing.errors"
local jobs = require "multiprocessing.jobs"
local pool = require "multiprocessing.pool"
local process = require "multiprocessing.process"
local unasked = require "multiprocessing.unasked"

local futures = {
  FIRST_COMPLETED = "FIRST_COMPLETED",
  FIRST_EXCEPTION = "FIRST_EXCEPTION",
  ALL_COMPLETED = "ALL_COMPLETED",
}

-- Executors that have unfinished calls: they finish them before the script ends, though the script may have dropped them.
local busy = {}

local Executor, Future = {}, {}

local executor_options = { "max_workers", "initializer", "initargs", "max_tasks_per_child" }

--- `ProcessPoolExecutor(n)`, or `ProcessPoolExecutor{max_workers=, initializer=, initargs=, max_tasks_per_child=}`.
function futures.ProcessPoolExecutor(options, ...)
  if select("#", ...) > 0 then
    core.fail "options have names: write ProcessPoolExecutor{ max_workers = 4, initializer = f, initargs = {…} }"
  end
  if type(options) ~= "table" then options = { max_workers = options } end
  if options[1] ~= nil then
    core.fail "how many workers: write ProcessPoolExecutor(7), or ProcessPoolExecutor{max_workers=7}"
  end
  arguments.check_options(options, executor_options, "ProcessPoolExecutor")
  local self = setmetatable({
    _pool = pool.new {
      processes = arguments.count_option(options.max_workers, "max_workers"), initializer = options.initializer, initargs = options.initargs,
      maxtasksperchild = arguments.count_option(options.max_tasks_per_child, "max_tasks_per_child"),
    },
    _pending = {},
  }, Executor)
  self._pool._when_idle = function() busy[self] = nil end
  return self
end

function futures.ThreadPoolExecutor()
  core.fail("Lua has no threads; write ProcessPoolExecutor, whose workers are processes")
end

-- ---- Futures ----

local function is_done(self) return self._cancelled or self._job.is_finished or false end

--- Adds a future that is done to the groups that wait for it, and calls its callbacks.
local function complete(self)
  if not is_done(self) then return end
  if self._groups then
    for group in pairs(self._groups) do
      group.done[#group.done + 1] = self
      group.pools[self._pool] = group.pools[self._pool] - 1
    end
    self._groups = nil
  end
  if not self._callbacks then return end
  local callbacks = self._callbacks
  self._callbacks = nil
  for _, callback in ipairs(callbacks) do
    local called, failure = xpcall(callback, errors.capture, self)
    if not called then io.stderr:write("pmap: a callback of a future failed: ", failure.traceback or tostring(failure), "\n") end
  end
end

--- Receives the results that have come, waiting up to `timeout` for some.
local function collect(self, timeout)
  if is_done(self) then return end
  jobs.check_own(self._pool, "future")
  self._pool:_collect(timeout)
end

local function await(self, timeout)
  local deadline = arguments.deadline(timeout)
  while not is_done(self) do
    collect(self, arguments.rest(deadline))
    if not is_done(self) and deadline and core.clock() >= deadline then
      error(errors.new { kind = "timeout", message = ("no result within %s s"):format(timeout or 0) }, 0)
    end
  end
  if self._cancelled then error(errors.new { kind = "cancelled", message = "the future was cancelled" }, 0) end
  unasked.mark_retrieved(self._job)
end

--- The results of the function; raises its error, or one of kind "timeout" when they do not come in time.
function Future:result(timeout)
  await(self, timeout)
  return jobs.answer(self._job)
end

--- The error of the function, or nil.
function Future:exception(timeout)
  await(self, timeout)
  local job = self._job
  return job.failures > 0 and job.failure(job) or nil
end

function Future:done()
  collect(self, false)
  return is_done(self)
end

function Future:running()
  collect(self, false)
  return not is_done(self) and not core.pool_is_waiting(self._pool._tasks, self._job.id)
end

--- Cancels it if no worker has begun with it; whether it is cancelled now.
function Future:cancel()
  if self._cancelled then return true end
  collect(self, false)
  if is_done(self) or core.pool_revoke(self._pool._tasks, self._job.id) == 0 then return false end
  self._cancelled = true
  self._pool:_forget(self._job)
  self._executor._pending[self], self._executor = nil, nil
  complete(self)
  return true
end

function Future:cancelled() return self._cancelled or false end

--- Calls `f(future)` when it is done, in this process, at a call into a module; at once if it is done already.
function Future:add_done_callback(f)
  arguments.check_function(f, "a callback")
  unasked.mark_retrieved(self._job)
  self._callbacks = self._callbacks or {}
  table.insert(self._callbacks, f)
  complete(self)
end

function Future:__tostring()
  local state = self._cancelled and "cancelled" or not is_done(self) and "pending"
    or self._job.failures > 0 and "failed" or "finished"
  return ("Future(%s)"):format(state)
end

function Future:__gc() unasked.mark_unreachable(self._job) end

class.keep(Future, "a future", "send what future:result() returns")
class.seal(Future, "future", nil, { call = "future:result()", value = "future:result()", get = "future:result()" })

-- ---- Executors ----

local function check_open(self)
  if self._is_shut then core.fail("the executor was shut down; make another one") end
end

--- Keeps the executor until its calls are finished.
local function mark_busy(self, ...)
  if self._pool._unfinished > 0 then busy[self] = self._pool._owner end
  return ...
end

--- A future of `f(…)`, run by a worker.
function Executor:submit(f, ...)
  check_open(self)
  local future = { _pool = self._pool, _executor = self }
  future._job = self._pool:_submit(f, table.pack(...), function()
    self._pending[future], future._executor = nil, nil
    complete(future)
  end)
  self._pending[future] = true
  return mark_busy(self, setmetatable(future, Future))
end

local map_options = { "chunksize", "timeout", "buffersize" }

--- Whether the last of the lists is a table of options: it has one of them. Names of none are refused.
local function is_options(last)
  if type(last) ~= "table" or getmetatable(last) or next(last) == nil then return false end
  for _, name in ipairs(map_options) do
    if last[name] ~= nil then return true end
  end
  return last[1] == nil and type(next(last)) == "string" and last.n == nil
end

--- `for place, value in executor:map(f, items) do`: each result in order. Of several lists `f` is called with a value of
--- each, up to the end of the shortest. The last argument may be a table of options: `chunksize`, `timeout` seconds from this
--- call on, and `buffersize`, as many items as may be read before their results are.
function Executor:map(f, items, ...)
  check_open(self)
  local lists = table.pack(items, ...)
  while lists.n > 1 and lists[lists.n] == nil do lists.n = lists.n - 1 end
  local options = {}
  if lists.n > 1 and is_options(lists[lists.n]) then
    options = lists[lists.n]
    arguments.check_options(options, map_options, "map")
    arguments.count_option(options.buffersize, "buffersize")
    lists[lists.n], lists.n = nil, lists.n - 1
  end
  local fields = { chunksize = options.chunksize, timeout = options.timeout, buffersize = options.buffersize }
  return mark_busy(self, self._pool:_map(f, lists, fields))
end

--- Accepts no more calls. Waits for those that there are, unless `wait = false`, or just `false`; with `cancel_futures` for
--- those that run only.
function Executor:shutdown(options)
  if type(options) == "boolean" then options = { wait = options } end
  options = options or {}
  arguments.check_options(options, { "wait", "cancel_futures" }, "shutdown")
  if not self._is_shut and options.cancel_futures then
    local pending = {}
    for future in pairs(self._pending) do pending[#pending + 1] = future end
    for _, future in ipairs(pending) do future:cancel() end
    self._pool:_cancel(errors.new { kind = "cancelled", message = "the executor was shut down" })
  end
  self._is_shut = true
  self._pool:close()
  if options.wait ~= false then self._pool:join() end
end

--- Kills the workers; the calls that they ran, and those that wait, fail.
function Executor:kill_workers()
  self._is_shut = true
  self._pool:terminate()
end
Executor.terminate_workers = Executor.kill_workers

function Executor:__close()
  local owner = self._pool._owner
  if not owner or owner == core.getpid() then self:shutdown() end
end

function Executor:__tostring()
  return ("ProcessPoolExecutor(%d%s)"):format(self._pool._processes, self._is_shut and ", shut down" or "")
end

class.keep(Executor, "an executor", "make one in the function that uses it")
class.seal(Executor, "executor", nil, {
  call = "executor:submit(f, …)", values = "for place, value in executor:map(f, items) do",
  close = "executor:shutdown()", join = "executor:shutdown()", apply_async = "executor:submit(f, …)",
})

process.at_end(function()
  local waiting = {}
  for executor, owner in pairs(busy) do
    if owner == core.getpid() then waiting[#waiting + 1] = executor end
  end
  for _, executor in ipairs(waiting) do executor:shutdown() end
end)

-- ---- Several futures ----

-- The futures of a list, or the keys of a table that has none, each of them once.
local function futures_of(list, what)
  if type(list) ~= "table" or getmetatable(list) == Future then
    core.fail(("%s takes a list of futures: %s({ first, second })"):format(what, what))
  end
  local seen, all = {}, {}
  local function add(future)
    if getmetatable(future) ~= Future then
      core.fail(("%s takes a list of futures; one of them is a %s"):format(what, type(future)))
    end
    if seen[future] then return end
    seen[future] = true
    all[#all + 1] = future
  end
  if #list > 0 then
    for _, future in ipairs(list) do add(future) end
  else
    for future in pairs(list) do add(future) end
  end
  return all
end

--- A group of futures that are waited for together: they are added to `done` when they are done, and `pools` counts the others
--- of each pool.
local function group_of(all)
  local group = { done = {}, pools = {} }
  for _, future in ipairs(all) do
    unasked.mark_retrieved(future._job)
    if is_done(future) then
      group.done[#group.done + 1] = future
    else
      jobs.check_own(future._pool, "future")
      future._groups = future._groups or setmetatable({}, { __mode = "k" })
      future._groups[group] = true
      group.pools[future._pool] = (group.pools[future._pool] or 0) + 1
    end
  end
  return group
end

--- Waits until one of the pools has results, up to the deadline.
local function await_any(group, deadline)
  local sources, handles = {}, {}
  for owner, count in pairs(group.pools) do
    if count > 0 then sources[#sources + 1], handles[#handles + 1] = owner, owner._results end
  end
  local rest = deadline and math.max(0, deadline - core.clock())
  if #sources == 1 then return sources[1]:_collect(rest) end
  for _, place in ipairs(core.wait(handles, rest)) do sources[place]:_collect(false) end
end

--- `for future in as_completed(list, timeout) do`: the futures as they are done. They may be the keys of a table.
function futures.as_completed(list, timeout)
  local all = futures_of(list, "as_completed")
  local total, deadline, given = #all, arguments.deadline(timeout), 0
  local group = group_of(all)
  return function()
    class.run_callbacks()
    if given == total then return nil end
    while given == #group.done do
      if deadline and core.clock() >= deadline then
        error(errors.new { kind = "timeout", message = ("%d (of %d) futures unfinished"):format(total - given, total) }, 0)
      end
      await_any(group, deadline)
    end
    given = given + 1
    local future = group.done[given]
    group.done[given] = false -- it is the script's
    return future
  end
end

--- Waits for the futures, or for the first one; two lists: those that are done, and the others.
function futures.wait(list, timeout, return_when)
  return_when = return_when or futures.ALL_COMPLETED
  if not futures[return_when] then core.fail("return_when is FIRST_COMPLETED, FIRST_EXCEPTION or ALL_COMPLETED") end
  local all, deadline = futures_of(list, "wait"), arguments.deadline(timeout)
  class.run_callbacks()
  local group, seen, failed = group_of(all), 0, false
  while true do
    for place = seen + 1, #group.done do
      local future = group.done[place]
      failed = failed or not future._cancelled and future._job.failures > 0
    end
    seen = #group.done
    local is_enough = seen == #all or return_when == futures.FIRST_COMPLETED and seen > 0
      or return_when == futures.FIRST_EXCEPTION and failed
    if is_enough or deadline and core.clock() >= deadline then break end
    await_any(group, deadline)
  end
  local done, others = {}, {}
  for _, future in ipairs(all) do
    local target = is_done(future) and done or others
    target[#target + 1] = future
  end
  return done, others
end

return class.module(futures, "futures")
