--- Futures: calls that worker processes run, and what they come to.
local core = require "_multiprocessing"
local arguments = require "multiprocessing.arguments"
local class = require "multiprocessing.class"
local errors = require "multiprocessing.errors"
local pool = require "multiprocessing.pool"
local process = require "multiprocessing.process"

local futures = {
  FIRST_COMPLETED = "FIRST_COMPLETED",
  FIRST_EXCEPTION = "FIRST_EXCEPTION",
  ALL_COMPLETED = "ALL_COMPLETED",
}

-- Executors that have calls out: they finish them before the script ends, whoever still knows of them.
local busy = {}

local Executor, Future = {}, {}
futures.Executor, futures.Future = Executor, Future

local executor_options = { "max_workers", "initializer", "initargs", "max_tasks_per_child" }

--- `ProcessPoolExecutor(n)`, or `ProcessPoolExecutor{max_workers=, initializer=, initargs=, max_tasks_per_child=}`.
function futures.ProcessPoolExecutor(options)
  if type(options) ~= "table" then options = { max_workers = options } end
  if options[1] ~= nil then
    core.fail "how many workers: write ProcessPoolExecutor(7), or ProcessPoolExecutor{max_workers=7}"
  end
  arguments.check_options(options, executor_options, "ProcessPoolExecutor")
  return setmetatable({
    _pool = pool.new {
      processes = arguments.count_option(options.max_workers, "max_workers"), initializer = options.initializer, initargs = options.initargs,
      maxtasksperchild = arguments.count_option(options.max_tasks_per_child, "max_tasks_per_child"),
    },
    _pending = {},
  }, Executor)
end

function futures.ThreadPoolExecutor()
  core.fail("Lua has no threads; write ProcessPoolExecutor, whose workers are processes")
end

-- ---- Futures ----

--- The executor has one call less out.
local function forget(self, future)
  self._pending[future], future._executor = nil, nil
  if not next(self._pending) then busy[self] = nil end
end

local function is_done(self) return self._cancelled or self._job.is_finished or false end

local function settle(self)
  if not self._callbacks or not is_done(self) then return end
  local callbacks = self._callbacks
  self._callbacks = nil
  for _, callback in ipairs(callbacks) do
    local called, failure = xpcall(callback, errors.capture, self)
    if not called then io.stderr:write("pmap: a callback of a future failed: ", failure.traceback or tostring(failure), "\n") end
  end
end

--- Takes what has come, waiting up to `timeout` for it.
local function collect(self, timeout)
  if is_done(self) then return end
  self._pool:_collect(timeout)
end

local function await(self, timeout)
  local deadline = type(timeout) == "number" and core.clock() + timeout
  while not is_done(self) do
    local rest = timeout
    if deadline then rest = math.max(0, deadline - core.clock()) end
    collect(self, rest)
    if not is_done(self) and (timeout == false or deadline and core.clock() >= deadline) then
      error(errors.new { kind = "timeout", message = ("no result within %s s"):format(timeout or 0) }, 0)
    end
  end
  if self._cancelled then error(errors.new { kind = "cancelled", message = "the future was cancelled" }, 0) end
end

--- What the function returned, or its error raised; kind "timeout" when it does not come in time.
function Future:result(timeout)
  await(self, timeout)
  local job = self._job
  if job.failures > 0 then error(job.failure(job), 0) end
  return job.results[1]
end

--- What the function raised, or nil.
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

--- Takes it back if no worker has begun with it; whether it is cancelled now.
function Future:cancel()
  if self._cancelled then return true end
  collect(self, false)
  if is_done(self) or not core.pool_withdraw(self._pool._tasks, self._job.id) then return false end
  self._cancelled = true
  self._pool:_forget(self._job)
  forget(self._executor, self)
  settle(self)
  return true
end

function Future:cancelled() return self._cancelled or false end

--- Calls `f(future)` when it is done, in this process, at a call into a module; at once if it is done already.
function Future:add_done_callback(f)
  arguments.check_function(f, "a callback")
  self._callbacks = self._callbacks or {}
  table.insert(self._callbacks, f)
  settle(self)
end

function Future:__tostring()
  local state = self._cancelled and "cancelled" or not is_done(self) and "pending"
    or self._job.failures > 0 and "failed" or "finished"
  return ("Future(%s)"):format(state)
end

class.seal(Future, "future")

-- ---- Executors ----

local function check_open(self)
  if self._is_shut then core.fail("the executor was shut down; make another one") end
end

--- A future of `f(…)`, run by a worker.
function Executor:submit(f, ...)
  check_open(self)
  local future = setmetatable({ _pool = self._pool }, Future)
  future._job = self._pool:_submit(f, table.pack(...), function()
    forget(self, future)
    settle(future)
  end)
  self._pending[future], future._executor = true, self
  busy[self] = core.getpid()
  return future
end

--- `for place, value in executor:map(f, items) do`: each result in order. Of several lists `f` is called with a value of
--- each, up to the end of the shortest. The last argument may be a table of options: `chunksize`, and `timeout` seconds
--- from this call on.
function Executor:map(f, items, ...)
  check_open(self)
  local lists = table.pack(items, ...)
  while lists.n > 1 and lists[lists.n] == nil do lists.n = lists.n - 1 end
  local last, options = lists[lists.n], {}
  if lists.n > 1 and type(last) == "table" and not getmetatable(last) and #last == 0 then
    arguments.check_options(last, { "chunksize", "timeout" }, "map")
    lists[lists.n], lists.n, options = nil, lists.n - 1, last
  end
  if lists.n == 1 then return self._pool:imap(f, items, options.chunksize, options.timeout) end
  return self._pool:_imap(f, lists, options.chunksize, options.timeout)
end

--- No more calls. Waits for those that are out, unless `wait = false`, or just `false`; with `cancel_futures` for those that run only.
function Executor:shutdown(options)
  if type(options) == "boolean" then options = { wait = options } end
  options = options or {}
  arguments.check_options(options, { "wait", "cancel_futures" }, "shutdown")
  if not self._is_shut and options.cancel_futures then
    local pending = {}
    for future in pairs(self._pending) do pending[#pending + 1] = future end
    for _, future in ipairs(pending) do future:cancel() end
  end
  self._is_shut = true
  self._pool:close()
  if options.wait ~= false then self._pool:join() end
end

--- Ends the workers with SIGKILL; what they ran, and what waits, fails.
function Executor:kill_workers()
  self._is_shut = true
  self._pool:terminate()
end
Executor.terminate_workers = Executor.kill_workers

function Executor:__close() self:shutdown() end
class.seal(Executor, "executor")

process.at_end(function()
  local waiting = {}
  for executor, owner in pairs(busy) do
    if owner == core.getpid() then waiting[#waiting + 1] = executor end
  end
  for _, executor in ipairs(waiting) do executor:shutdown() end
end)

-- ---- Several futures ----

-- The futures of a list, or those that are the keys of a table which has none, each of them once.
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

--- Waits until any of the pools of these futures has something, up to the deadline.
local function await_any(list, deadline)
  local sources, pools = {}, {}
  for _, future in ipairs(list) do
    local owner = future._pool
    if not is_done(future) and not pools[owner] then
      pools[owner] = true
      sources[#sources + 1] = owner
    end
  end
  local rest = deadline and math.max(0, deadline - core.clock())
  if #sources == 1 then return sources[1]:_collect(rest) end
  local handles = {}
  for place, owner in ipairs(sources) do handles[place] = owner._results end
  for _, place in ipairs(core.wait(handles, rest)) do sources[place]:_collect(false) end
end

--- `for future in as_completed(list, timeout) do`: the futures as they are done. They may be the keys of a table.
function futures.as_completed(list, timeout)
  local waiting = futures_of(list, "as_completed")
  local total, deadline = #waiting, arguments.deadline(timeout)
  return function()
    while #waiting > 0 do
      for place, future in ipairs(waiting) do
        if is_done(future) then
          table.remove(waiting, place)
          return future
        end
      end
      if deadline and core.clock() >= deadline then
        error(errors.new { kind = "timeout", message = ("%d (of %d) futures unfinished"):format(#waiting, total) }, 0)
      end
      await_any(waiting, deadline)
    end
  end
end

--- Waits for the futures, or for the first one; two lists: those that are done, and the others.
function futures.wait(list, timeout, return_when)
  return_when = return_when or futures.ALL_COMPLETED
  if not futures[return_when] then core.fail("return_when is FIRST_COMPLETED, FIRST_EXCEPTION or ALL_COMPLETED") end
  local all, deadline = futures_of(list, "wait"), arguments.deadline(timeout)
  while true do
    local done, others, failed = {}, {}, false
    for _, future in ipairs(all) do
      local target = is_done(future) and done or others
      target[#target + 1] = future
      if is_done(future) and not future._cancelled and future._job.failures > 0 then failed = true end
    end
    local is_enough = #others == 0 or return_when == futures.FIRST_COMPLETED and #done > 0
      or return_when == futures.FIRST_EXCEPTION and failed
    if is_enough or deadline and core.clock() >= deadline then return done, others end
    await_any(others, deadline)
  end
end

return futures
