--- Pools: worker processes that run functions over many items.
---
--- The script puts tasks of a few items into shared memory, workers take them, and results come back the same way. A
--- supervisor, forked with the pool, replaces a worker that dies, and the one item it was at has failed.
local core = require "_multiprocessing"
local arguments = require "multiprocessing.arguments"
local class = require "multiprocessing.class"
local errors = require "multiprocessing.errors"
local iterators = require "multiprocessing.iterators"
local jobs = require "multiprocessing.jobs"
local lists = require "multiprocessing.lists"
local process = require "multiprocessing.process"
local unasked = require "multiprocessing.unasked"

local pool = {}

local Pool = {}

local pool_options = { "processes", "initializer", "initargs", "maxtasksperchild" }

--- `mp.Pool(4)`, or `mp.Pool{processes=, initializer=, initargs=, maxtasksperchild=}`.
function pool.new(options, ...)
  if select("#", ...) > 0 then
    core.fail "options have names: write mp.Pool{ processes = 4, initializer = f, initargs = {…} }"
  end
  if type(options) ~= "table" then options = { processes = options } end
  if options[1] ~= nil then core.fail "how many processes: write mp.Pool(7), or mp.Pool{processes=7}" end
  arguments.check_options(options, pool_options, "Pool")
  if options.initializer ~= nil then arguments.check_function(options.initializer, "the initializer of a pool") end
  if options.initargs ~= nil then arguments.check_list(options.initargs, "initargs") end
  return setmetatable({
    _processes = arguments.count_option(options.processes, "processes") or core.cpu_count(),
    _initializer = options.initializer,
    _initargs = options.initargs or {},
    _maxtasks = arguments.count_option(options.maxtasksperchild, "maxtasksperchild") or 0,
    _state = "open",
    _jobs = {},
    _unfinished = 0, -- how many jobs there are
    _reading = {}, -- jobs whose items are still read
    _serial = 0,
    _with_callback = 0, -- how many jobs have callbacks
  }, Pool)
end

-- ---- Results to come ----

--- The result of an asynchronous call, once it is there.
local AsyncResult = {}

local function async(self, job)
  return setmetatable({ _pool = self, _job = job }, AsyncResult)
end

local function await(self, timeout)
  if not self._job.is_finished then jobs.check_own(self._pool, "result") end
  return jobs.wait_for(self._pool, self._job, timeout)
end

--- Waits: true, or `nil, "timeout"`.
function AsyncResult:wait(timeout) return await(self, timeout) end

--- Waits for the result and returns it, or raises what the function raised; kind "timeout" when it does not come in time.
function AsyncResult:get(timeout)
  if not await(self, timeout) then
    error(errors.new { kind = "timeout", message = ("no result within %s s"):format(timeout or 0) }, 0)
  end
  unasked.mark_retrieved(self._job)
  return jobs.answer(self._job)
end

function AsyncResult:ready() return await(self, false) or false end

--- Whether it has succeeded; an error before it is ready.
function AsyncResult:successful()
  if not self:ready() then core.fail("the result is not ready; wait for it first") end
  unasked.mark_retrieved(self._job)
  return self._job.failures == 0
end

function AsyncResult:__gc() unasked.mark_unreachable(self._job) end

function AsyncResult:__tostring()
  local job = self._job
  return ("AsyncResult(%s)"):format(not job.is_finished and "pending" or job.failures > 0 and "failed" or "finished")
end

class.keep(AsyncResult, "a result to come", "send what result:get() returns")
class.seal(AsyncResult, "result", nil, {
  values = "for place, value in ipairs(result:get()) do", call = "result:get()", value = "result:get()",
})

-- ---- The calls ----

local function map_job(self, f, items, chunksize, starred, fields)
  if type(chunksize) == "table" then
    core.fail "a map takes one list; for a function of several arguments write pool:starmap(f, { {1, 2}, {3, 4} })"
  end
  arguments.count_option(chunksize, "chunksize")
  local list, count = lists.as_list(items)
  fields = fields or {}
  fields.value, fields.failure, fields.is_list, fields.is_many = jobs.list_of, jobs.failure_of, true, true
  local job = jobs.new(self, f, fields)
  job.results = core.pool_list(count)
  jobs.submit_list(self, job, list, count, chunksize, starred)
  return job
end

local apply_options = { "callback", "error_callback" }
local map_options = { "callback", "error_callback", "chunksize" }

--- The callbacks of an asynchronous call, each by itself or in one table, and that table's chunksize.
local function callbacks(callback, error_callback, known, what)
  local chunksize
  if type(callback) == "table" and not arguments.is_callable(callback) then
    arguments.check_options(callback, known, what)
    callback, error_callback, chunksize = callback.callback, callback.error_callback, callback.chunksize
  end
  if callback ~= nil then arguments.check_function(callback, "callback") end
  if error_callback ~= nil then arguments.check_function(error_callback, "error_callback") end
  return { callback = callback, error_callback = error_callback }, chunksize
end

local function map_async(self, f, items, chunksize, callback, error_callback, starred, what)
  if type(chunksize) == "table" then chunksize, callback = nil, chunksize end
  local fields, size = callbacks(callback, error_callback, map_options, what)
  fields.name = what
  return async(self, map_job(self, f, items, chunksize or size, starred, fields))
end

--- The results of `f(item)` for each item, in order: the first one that `f` returns. Waits for all of them, then raises the
--- first failure in input order.
function Pool:map(f, items, chunksize)
  local job = map_job(self, f, items, chunksize, false, { is_awaited = true, is_asked = true })
  jobs.wait_for(self, job)
  return jobs.answer(job)
end

--- The same for items that are lists of arguments.
function Pool:starmap(f, items, chunksize)
  local job = map_job(self, f, items, chunksize, true, { is_awaited = true, is_asked = true })
  jobs.wait_for(self, job)
  return jobs.answer(job)
end

function Pool:map_async(f, items, chunksize, callback, error_callback)
  return map_async(self, f, items, chunksize, callback, error_callback, false, "map_async")
end

function Pool:starmap_async(f, items, chunksize, callback, error_callback)
  return map_async(self, f, items, chunksize, callback, error_callback, true, "starmap_async")
end

local function apply_job(self, f, args, fields)
  if args ~= nil then arguments.check_list(args, "args") end
  fields.value, fields.failure = jobs.single, jobs.failure_of
  local job = jobs.new(self, f, fields)
  jobs.submit_list(self, job, { args or {} }, 1, 1, true)
  return job
end

--- What `f` returns for these arguments, all of it, run by a worker.
function Pool:apply(f, args, ...)
  if args ~= nil then arguments.check_list(args, "args", ...) end
  local job = apply_job(self, f, args, { is_asked = true })
  jobs.wait_for(self, job)
  return jobs.answer(job)
end

function Pool:apply_async(f, args, callback, error_callback)
  if args ~= nil then arguments.check_list(args, "args", callback, error_callback) end
  local fields = callbacks(callback, error_callback, apply_options, "apply_async")
  fields.name = "apply_async"
  return async(self, apply_job(self, f, args, fields))
end

--- `for place, value in pool:imap(f, items) do`: each result in order, as soon as it is there. `timeout` seconds after
--- this call an error of kind "timeout" is raised instead of waiting.
function Pool:imap(f, items, chunksize, timeout)
  local fields = { name = "imap", chunksize = chunksize, timeout = timeout }
  return iterators.new(self, f, fields, true, lists.item_source(items))
end

--- The same with results as they come.
function Pool:imap_unordered(f, items, chunksize)
  return iterators.new(self, f, { name = "imap_unordered", chunksize = chunksize }, false, lists.item_source(items))
end

-- ---- For concurrent.futures ----

--- Submits one call; `on_done` is called in this process when it has succeeded or failed.
function Pool:_submit(f, args, on_done)
  return apply_job(self, f, args, { name = "a future", on_done = on_done })
end

--- Receives the results that have come, waiting up to `timeout` for one.
function Pool:_collect(timeout)
  local came = self._callbacks or jobs.collect(self, timeout)
  while came and self._unfinished > 0 and jobs.collect(self, false) do end
  if self._callbacks then jobs.run_callbacks(self) end
end

function Pool:_forget(job) jobs.forget(self, job) end

--- `imap` with an argument from each of several lists.
function Pool:_map(f, all, fields)
  fields.name, fields.is_starred = "executor:map", #all > 1
  if #all > 1 then return iterators.new(self, f, fields, true, lists.zipped(all)) end
  return iterators.new(self, f, fields, true, lists.item_source(all[1]))
end

--- Revokes the items that no worker has begun; a loop that reads on gets this failure.
function Pool:_cancel(failure)
  for _, job in pairs(self._jobs) do
    if job.arrived then jobs.cancel(self, job, failure) end
  end
end

-- ---- The end ----

--- Accepts no more jobs; the workers exit when those that there are have ended.
function Pool:close()
  jobs.check_own(self, "pool")
  if self._state ~= "open" then return end
  self._state = "closed"
  if self._supervisor then jobs.close_tasks(self) end
end

--- Kills the workers at once.
function Pool:terminate()
  if self._state == "terminated" then return end
  self._state = "terminated"
  if not self._supervisor or not jobs.is_open(self) then return end
  core.kill(self._supervisor, 9)
  jobs.reap(self)
  jobs.fail_all(self)
end

--- Waits until everything is run and the workers have exited, after close or terminate.
function Pool:join()
  jobs.check_own(self, "pool")
  if self._state == "open" then core.fail("join a pool after pool:close() or pool:terminate()") end
  if not self._supervisor or not jobs.is_open(self) then return end
  jobs.run_all(self)
  jobs.reap(self)
  if self._callbacks then jobs.run_callbacks(self) end
end

function Pool:__close() self:terminate() end

function Pool:__tostring() return ("Pool(%d, %s)"):format(self._processes, self._state) end

class.keep(Pool, "a pool", "make one in the function that uses it")
class.seal(Pool, "pool", nil, {
  call = "pool:map(f, items)", values = "for place, value in pool:imap(f, items) do", submit = "pool:apply_async(f, {1, 2})",
})
class.on_call(jobs.poll_all)

process.set_supervisors(function()
  local pids = {}
  for each in pairs(jobs.open_pools) do
    if jobs.is_open(each) then pids[#pids + 1] = each._supervisor end
  end
  return pids
end)

local function report_left(self)
  local left, may_have_more = jobs.count_left(self)
  if left == 0 and not may_have_more then return end
  io.stderr:write(("pmap: %d %s of a pool%s may not have been finished when the script ended; pool:close() and pool:join() "
    .. "wait for them\n"):format(
    left, left == 1 and "item" or "items", may_have_more and ", and what an iterator would have given," or ""))
end

process.at_end(function()
  for each in pairs(jobs.open_pools) do
    if jobs.is_open(each) then
      report_left(each)
      each:terminate()
    end
  end
  unasked.report_all()
end)

return pool
