--- Pools: worker processes that run functions over many items.
---
--- The script puts tasks of a few items into shared memory, workers take them, and results come back the same way. A
--- supervisor, forked with the pool, replaces a worker that dies and makes a failure of the one item it was at.
local core = require "_multiprocessing"
local arguments = require "multiprocessing.arguments"
local class = require "multiprocessing.class"
local errors = require "multiprocessing.errors"
local jobs = require "multiprocessing.jobs"
local lists = require "multiprocessing.lists"
local process = require "multiprocessing.process"

local pool = {}

local Pool = {}
pool.Pool = Pool

local pool_options = { "processes", "initializer", "initargs", "maxtasksperchild" }

--- `mp.Pool(4)`, or `mp.Pool{processes=, initializer=, initargs=, maxtasksperchild=}`.
function pool.new(options)
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
    _serial = 0,
    _expected = 0, -- jobs that bring callbacks
  }, Pool)
end

-- ---- Results to come ----

--- What an asynchronous call will have come to.
local AsyncResult = {}
pool.AsyncResult = AsyncResult

local function async(self, job)
  return setmetatable({ _pool = self, _job = job }, AsyncResult)
end

--- Waits: true, or `nil, "timeout"`.
function AsyncResult:wait(timeout) return jobs.wait_for(self._pool, self._job, timeout) end

--- Waits for the result and returns it, or raises what the function raised; kind "timeout" when it does not come in time.
function AsyncResult:get(timeout)
  if not jobs.wait_for(self._pool, self._job, timeout) then
    error(errors.new { kind = "timeout", message = ("no result within %s s"):format(timeout or 0) }, 0)
  end
  return jobs.answer(self._job)
end

function AsyncResult:ready() return jobs.wait_for(self._pool, self._job, false) or false end

--- Whether it came to a result; an error before it is ready.
function AsyncResult:successful()
  if not self:ready() then core.fail("the result is not ready; wait for it first") end
  return self._job.failures == 0
end

class.seal(AsyncResult, "result")

-- ---- The calls ----

local function map_job(self, f, items, chunksize, starred, fields)
  arguments.count_option(chunksize, "chunksize")
  local list, count = lists.as_list(items)
  fields = fields or {}
  fields.value, fields.failure, fields.is_list = jobs.list_of, jobs.failure_of, true
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
  return async(self, map_job(self, f, items, chunksize or size, starred, fields))
end

--- The results of `f(item)` for each item, in order. Waits for all of them, then raises the first failure in input order.
function Pool:map(f, items, chunksize)
  local job = map_job(self, f, items, chunksize, false, { is_awaited = true })
  jobs.wait_for(self, job)
  return jobs.answer(job)
end

--- The same for items that are lists of arguments.
function Pool:starmap(f, items, chunksize)
  local job = map_job(self, f, items, chunksize, true, { is_awaited = true })
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

--- What `f` returns for these arguments, run by a worker.
function Pool:apply(f, args)
  local job = apply_job(self, f, args, {})
  jobs.wait_for(self, job)
  return jobs.answer(job)
end

function Pool:apply_async(f, args, callback, error_callback)
  return async(self, apply_job(self, f, args, (callbacks(callback, error_callback, apply_options, "apply_async"))))
end

local function imap_job(self, f, source, chunksize, is_starred)
  local job = jobs.new(self, f, {
    chunksize = arguments.count_option(chunksize, "chunksize") or 1, source = source, is_starred = is_starred, given = 0,
  })
  jobs.feed(self, job)
  return job
end

local function in_order(self, f, source, chunksize, timeout, is_starred)
  local deadline = arguments.deadline(timeout)
  local job = imap_job(self, f, source, chunksize, is_starred)
  job.deadline = deadline
  local place, ready = 0, {}
  job.arrived = {}
  local function is_ready(wanted)
    for _, run in ipairs(job.arrived) do
      for each = run[1], run[1] + run[2] - 1 do ready[each] = true end
    end
    job.arrived = {}
    return ready[wanted] or job.lost
  end
  return function()
    job.given = place
    place = place + 1
    while not is_ready(place) do
      if job.total and place > job.total then
        if job.input_failure then error(job.input_failure, 0) end
        return nil
      end
      jobs.await_more(self, job)
    end
    if job.lost and place > job.total then return nil end
    ready[place] = nil
    jobs.feed(self, job)
    return jobs.take(job, place)
  end
end

--- `for place, value in pool:imap(f, items) do`: each result in order, as soon as it is there. `timeout` seconds after
--- this call an error of kind "timeout" is raised instead of waiting.
function Pool:imap(f, items, chunksize, timeout)
  return in_order(self, f, lists.item_source(items), chunksize, timeout, false)
end

--- The same with results as they come.
function Pool:imap_unordered(f, items, chunksize)
  local job = imap_job(self, f, lists.item_source(items), chunksize, false)
  job.arrived = {}
  local given = 0
  return function()
    while #job.arrived == 0 do
      if job.lost then error(job.lost, 0) end
      if job.total and given >= job.total then
        if job.input_failure then error(job.input_failure, 0) end
        return nil
      end
      jobs.await_more(self, job)
    end
    local run = job.arrived[1]
    local place = run[1]
    run[1], run[2] = run[1] + 1, run[2] - 1
    if run[2] == 0 then table.remove(job.arrived, 1) end
    given = given + 1
    job.given = given
    jobs.feed(self, job)
    return jobs.take(job, place)
  end
end

-- ---- For concurrent.futures ----

--- One call; `on_done` is called in this process when it has come to something.
function Pool:_submit(f, args, on_done)
  return apply_job(self, f, args, { on_done = on_done })
end

--- Takes results that have come, waiting up to `timeout` for one.
function Pool:_collect(timeout)
  local came = jobs.collect(self, timeout)
  while came and next(self._jobs) and jobs.collect(self, false) do end
  if self._callbacks then jobs.run_callbacks(self) end
end

function Pool:_forget(job) self._jobs[job.id] = nil end

--- `imap` with an argument from each list.
function Pool:_imap(f, all, chunksize, timeout)
  return in_order(self, f, lists.zipped(all), chunksize, timeout, true)
end

-- ---- The end ----

local function reap(self)
  self._is_reaped = true
  core.join(self._supervisor)
  core.forget(self._supervisor)
  jobs.open_pools[self] = nil
end

--- No more jobs; the workers leave when those that are out are done.
function Pool:close()
  if self._state ~= "open" then return end
  self._state = "closed"
  if self._supervisor then jobs.close_tasks(self) end
end

--- Ends the workers at once, whatever they do.
function Pool:terminate()
  if self._state == "terminated" then return end
  self._state = "terminated"
  if not self._supervisor or self._is_reaped or self._owner ~= core.getpid() then return end
  core.kill(self._supervisor, 9)
  reap(self)
  jobs.lose(self)
end

--- Waits for the workers to leave, after close or terminate.
function Pool:join()
  if self._state == "open" then core.fail("join a pool after pool:close() or pool:terminate()") end
  if not self._supervisor or self._is_reaped then return end
  -- Nobody reads on while this waits: what was not taken from an iterator is not run.
  for _, job in pairs(self._jobs) do
    job.total = job.total or job.submitted
    jobs.check_finished(self, job)
  end
  jobs.close_tasks(self)
  while next(self._jobs) do jobs.collect(self) end
  reap(self)
  if self._callbacks then jobs.run_callbacks(self) end
end

function Pool:__close() self:terminate() end

function Pool:__gc()
  if self._supervisor and self._owner == core.getpid() and not self._is_reaped then
    core.kill(self._supervisor, 9)
    reap(self)
  end
end

function Pool:__tostring() return ("Pool(%d, %s)"):format(self._processes, self._state) end

class.seal(Pool, "pool")
class.on_call(jobs.pump)

process.set_supervisors(function()
  local pids = {}
  for each in pairs(jobs.open_pools) do
    if each._owner == core.getpid() then pids[#pids + 1] = each._supervisor end
  end
  return pids
end)

process.at_end(function()
  for each in pairs(jobs.open_pools) do
    if each._owner == core.getpid() then each:terminate() end
  end
end)

return pool
