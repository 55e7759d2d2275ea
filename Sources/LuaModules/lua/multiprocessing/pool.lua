--- Pools: worker processes that run functions over many items.
---
--- The script puts tasks of a few items into shared memory, workers take them, and results come back the same way. A
--- supervisor, forked with the pool, replaces a worker that dies and makes a failure of the one item it was at.
local core = require "_multiprocessing"
local class = require "multiprocessing.class"
local errors = require "multiprocessing.errors"
local process = require "multiprocessing.process"

local pool = {}

local Pool = {}
pool.Pool = Pool

-- Every pool that has a supervisor, so that callbacks run and nothing is left running at the end.
local open_pools = setmetatable({}, { __mode = "k" })
-- Tasks of one call that are out at a time for each worker, when items come from an iterator.
local tasks_ahead = 4
local most_items = 16384

local function count_option(value, name)
  if value == nil then return nil end
  if math.type(value) ~= "integer" or value < 1 then core.fail(name .. " is an integer of 1 or more, not " .. tostring(value)) end
  return value
end

--- `mp.Pool(4)`, or `mp.Pool{processes=, initializer=, initargs=, maxtasksperchild=}`.
function pool.new(options)
  if type(options) ~= "table" then options = { processes = options } end
  if options.initializer ~= nil and type(options.initializer) ~= "function" then
    core.fail("the initializer of a pool is a function, not a " .. type(options.initializer))
  end
  return setmetatable({
    _processes = count_option(options.processes, "processes") or core.cpu_count(),
    _initializer = options.initializer,
    _initargs = options.initargs or {},
    _maxtasks = count_option(options.maxtasksperchild, "maxtasksperchild") or 0,
    _state = "open",
    _jobs = {},
    _serial = 0,
  }, Pool)
end

-- ---- Workers and their supervisor ----

local initializer_failed = 66
-- So many workers in a row that did not come to their first item are no accident.
local most_stillborn = 10

local function work(self, id, script)
  process.become_worker("PoolWorker-" .. id, script)
  core.lead_group() -- what its items start dies with it
  if self._initializer then
    local started, failure = xpcall(self._initializer, errors.capture, table.unpack(self._initargs))
    if not started then
      core.put(self._reports, failure)
      core.exit(initializer_failed)
    end
  end
  core.array_set(self._ready, id, 1)
  core.pool_work(self._tasks, self._results, self._maxtasks, errors.capture)
  process.finish()
  core.exit(0)
end

local function crash(pid, code)
  local ending = code < 0 and "was killed by " .. core.signal_name(-code) or "exited with status " .. code
  return errors.new {
    kind = "crash",
    message = ("the worker (pid %d) %s while it ran this item; the others went on"):format(pid, ending),
    exitcode = code,
  }
end

--- In a child: nothing that goes wrong in it may reach the script, which is on the stack as in its parent.
local function only(f, ...)
  local done, failure = xpcall(f, errors.capture, ...)
  if not done then io.stderr:write("pmap: ", failure.traceback or tostring(failure), "\n") end
  core.exit(done and 0 or 1)
end

--- The supervisor: as many workers as the pool has, until there are no more tasks.
local function supervise(self, script)
  process.become_worker("PoolSupervisor", script)
  core.freeze()
  local ids, stillborn = {}, 0
  local function give_up(message)
    core.put(self._reports, errors.new { kind = "error", message = message })
    core.exit(1)
  end
  local function start(id)
    core.array_set(self._ready, id, 0)
    local started, pid = pcall(core.fork, "PoolWorker-" .. id)
    if not started then give_up("cannot start the pool's workers: " .. pid) end
    if pid == 0 then only(work, self, id, script) end
    ids[pid] = id
  end
  for id = 1, self._processes do start(id) end
  while true do
    local pid, code = core.join_any()
    if not pid then core.exit(0) end
    local id = ids[pid]
    ids[pid] = nil
    core.kill_group(pid)
    local failure = crash(pid, code)
    core.pool_recover(self._tasks, self._results, pid, failure)
    if code == initializer_failed then core.exit(1) end
    stillborn = core.array_get(self._ready, id) == 0 and stillborn + 1 or 0
    if stillborn > most_stillborn then give_up("the pool's workers end before they begin: " .. failure.message:gsub(" while.*", "")) end
    local count, _, closed = core.channel_state(self._tasks)
    if not (closed and count == 0 and code == 0) then start(id) end
  end
end

local function check_open(self)
  if self._owner and self._owner ~= core.getpid() then core.fail("the pool is another process's; make one here") end
  if self._state ~= "open" then core.fail("the pool is " .. self._state .. "; make another one") end
end

--- A pool is forked at its first job.
local function start(self)
  if self._supervisor then return end
  self._tasks, self._results, self._reports = core.channel(), core.channel(), core.channel()
  self._ready = core.array("B", self._processes)
  io.stdout:flush()
  local script = core.getpid()
  local pid = core.fork("PoolSupervisor")
  if pid == 0 then only(supervise, self, script) end
  self._supervisor = pid
  self._owner = script
  open_pools[self] = true
end

-- ---- Jobs ----

-- A function of more bytes than this is worth a warning: it is sent with every call.
local heavy = 64 << 20

--- The heaviest upvalue's name.
local function heaviest(f)
  local name, most
  for place = 1, debug.getinfo(f, "u").nups do
    local upvalue, value = debug.getupvalue(f, place)
    local sent, _, size = pcall(core.pool_function, value)
    if sent and size > (most or 0) then name, most = upvalue, size end
  end
  return name
end

--- The function as every worker can read it.
local function share(f)
  local func, size = core.pool_function(f)
  if size > heavy and type(f) == "function" then
    io.stderr:write(("pmap: the function of a pool brings %d MB along, most of it in '%s'; what is there when the pool is "
      .. "made, as a global or in a module, need not be sent\n"):format(size >> 20, heaviest(f) or "?"))
  end
  return func
end

--- What one call has asked for. `results` and `errors` are by place.
local function new_job(self, f, fields)
  check_open(self)
  if type(f) ~= "function" and not (type(f) == "table" and (getmetatable(f) or {}).__call) then
    core.fail("a pool runs functions, not a " .. type(f))
  end
  start(self)
  if self._owner ~= core.getpid() then core.fail("the pool belongs to another process; make one here") end
  self._serial = self._serial + 1
  local job = fields or {}
  job.id, job.results, job.errors = self._serial, {}, {}
  job.failures, job.submitted, job.done = 0, 0, 0
  job.func = share(f)
  self._jobs[job.id] = job
  return job
end

local function finish(self, job)
  job.is_finished = true
  job.func = nil
  self._jobs[job.id] = nil
  if job.callback or job.error_callback or job.on_done then
    self._callbacks = self._callbacks or {}
    table.insert(self._callbacks, job)
  end
end

local function check_finished(self, job)
  if not job.is_finished and job.total and job.done == job.total then finish(self, job) end
end

--- Everything that is out fails: the supervisor has gone.
local function lose(self)
  local report = core.get(self._reports, false)
  local failure = report or errors.new {
    kind = "crash",
    message = self._state == "terminated" and "the pool was terminated" or "the pool's supervisor has died",
  }
  if report and report.traceback then
    failure = errors.new { kind = "error", message = "the pool's initializer failed: " .. report.message, traceback = report.traceback, value = report.value }
  end
  if self._state == "open" then self._state = "broken: " .. failure.message end
  for _, job in pairs(self._jobs) do
    for place = 1, job.total or job.submitted do
      if job.results[place] == nil and not job.errors[place] then job.errors[place] = failure end
    end
    job.total = job.total or job.submitted
    job.failures, job.done = job.failures + 1, job.total
    job.lost = failure
    finish(self, job)
  end
end

--- Takes one message of results, if it comes in time; false when none came.
local function collect(self, timeout)
  local id, first, count, failures = core.pool_collect(self._results, self._jobs, timeout, self._supervisor)
  if not id then
    if first == "closed" then
      lose(self)
      return true
    end
    return false
  end
  local job = self._jobs[id]
  if job then
    job.done, job.failures = job.done + count, job.failures + failures
    if job.arrived then job.arrived[#job.arrived + 1] = { first, count } end
    check_finished(self, job)
  end
  return true
end

--- One that raises ends the call it runs in; the others have their turn at the next call.
local function run_callbacks(self)
  while self._callbacks do
    local job = table.remove(self._callbacks, 1)
    if #self._callbacks == 0 then self._callbacks = nil end
    if job.on_done then
      job.on_done()
    elseif job.failures > 0 then
      if job.error_callback then job.error_callback(job.failure(job)) end
    elseif job.callback then
      job.callback(job.value(job))
    end
  end
end

--- Takes what has come and runs the callbacks it brings: at every call into a module.
local function pump()
  for each in pairs(open_pools) do
    if each._owner == core.getpid() then
      while next(each._jobs) and collect(each, false) do end
      if each._callbacks then run_callbacks(each) end
    end
  end
end

--- How many items the next task has: fewer and fewer towards the end, so that no worker is late.
local function guided(left, workers) return math.max(1, math.min(most_items, left // (4 * workers))) end

local function submit_list(self, job, items, count, chunksize, starred)
  job.total = count
  check_finished(self, job)
  local first = 1
  while first <= count do
    local size = math.min(chunksize or guided(count - first + 1, self._processes), count - first + 1)
    core.pool_submit(self._tasks, job.id, job.func, starred, items, first, size)
    job.submitted = first + size - 1
    first = first + size
    if job.is_finished then break end
  end
end

--- A list as it is; what an iterator gives, or a range, as one.
local function as_list(items)
  local meta = getmetatable(items)
  if type(items) == "function" or (meta and meta.__call) then
    local list, count = {}, 0
    for item in items do
      count = count + 1
      list[count] = item
    end
    return list, count
  end
  if type(items) ~= "table" then core.fail("items are a list, an iterator or a pmap.range, not a " .. type(items)) end
  if meta and meta.__index then
    local list = {}
    for place = 1, #items do list[place] = items[place] end
    return list, #items
  end
  return items, math.type(items.n) == "integer" and items.n or #items
end

local Results = { __name = "results" }
pool.Results = Results
function Results:__len() return self.n end

local function failure_of(job)
  local first
  for place in pairs(job.errors) do first = math.min(first or place, place) end
  local failure = job.errors[first]
  if getmetatable(failure) ~= errors.Error then failure = errors.new(failure) end
  failure.index = first
  if job.is_list then
    failure.results, failure.errors = job.results, job.errors
  end
  return failure
end

local function list_of(job)
  job.results.n = job.total
  return setmetatable(job.results, Results)
end

local function single(job) return job.results[1] end

local function wait_for(self, job, timeout)
  local deadline = type(timeout) == "number" and core.clock() + timeout
  while not job.is_finished do
    local rest = timeout
    if deadline then rest = math.max(0, deadline - core.clock()) end
    if not collect(self, rest) and (deadline and core.clock() >= deadline or timeout == false) then return nil, "timeout" end
  end
  if self._callbacks then run_callbacks(self) end
  return true
end

local function answer(job)
  if job.failures > 0 then error(job.failure(job), 0) end
  return job.value(job)
end

-- ---- Results to come ----

--- What an asynchronous call will have come to.
local AsyncResult = {}
pool.AsyncResult = AsyncResult

local function async(self, job)
  return setmetatable({ _pool = self, _job = job }, AsyncResult)
end

--- Waits: true, or `nil, "timeout"`.
function AsyncResult:wait(timeout) return wait_for(self._pool, self._job, timeout) end

--- Waits for the result and returns it, or raises what the function raised; kind "timeout" when it does not come in time.
function AsyncResult:get(timeout)
  if not wait_for(self._pool, self._job, timeout) then
    error(errors.new { kind = "timeout", message = ("no result within %s s"):format(timeout or 0) }, 0)
  end
  return answer(self._job)
end

function AsyncResult:ready() return wait_for(self._pool, self._job, false) or false end

--- Whether it came to a result; an error before it is ready.
function AsyncResult:successful()
  if not self:ready() then core.fail("the result is not ready; wait for it first") end
  return self._job.failures == 0
end

class.seal(AsyncResult, "result")

-- ---- The calls ----

local function map_job(self, f, items, chunksize, starred, fields)
  count_option(chunksize, "chunksize")
  local list, count = as_list(items)
  fields = fields or {}
  fields.value, fields.failure, fields.is_list = list_of, failure_of, true
  local job = new_job(self, f, fields)
  job.results = core.pool_list(count)
  submit_list(self, job, list, count, chunksize, starred)
  return job
end

local function callbacks(callback, error_callback)
  if type(callback) == "table" then callback, error_callback = callback.callback, callback.error_callback end
  return { callback = callback, error_callback = error_callback }
end

--- The results of `f(item)` for each item, in order. Waits for all of them, then raises the first failure in input order.
function Pool:map(f, items, chunksize)
  local job = map_job(self, f, items, chunksize, false)
  wait_for(self, job)
  return answer(job)
end

--- The same for items that are lists of arguments.
function Pool:starmap(f, items, chunksize)
  local job = map_job(self, f, items, chunksize, true)
  wait_for(self, job)
  return answer(job)
end

function Pool:map_async(f, items, chunksize, callback, error_callback)
  if type(chunksize) == "table" then chunksize, callback = chunksize.chunksize, chunksize end
  return async(self, map_job(self, f, items, chunksize, false, callbacks(callback, error_callback)))
end

function Pool:starmap_async(f, items, chunksize, callback, error_callback)
  if type(chunksize) == "table" then chunksize, callback = chunksize.chunksize, chunksize end
  return async(self, map_job(self, f, items, chunksize, true, callbacks(callback, error_callback)))
end

local function apply_job(self, f, args, fields)
  if args ~= nil and type(args) ~= "table" then core.fail("args is a list: {" .. tostring(args) .. "}") end
  fields.value, fields.failure = single, failure_of
  local job = new_job(self, f, fields)
  submit_list(self, job, { args or {} }, 1, 1, true)
  return job
end

--- What `f` returns for these arguments, run by a worker.
function Pool:apply(f, args)
  local job = apply_job(self, f, args, {})
  wait_for(self, job)
  return answer(job)
end

function Pool:apply_async(f, args, callback, error_callback)
  return async(self, apply_job(self, f, args, callbacks(callback, error_callback)))
end

--- An iterator over the items, so that no more are taken than are needed soon.
local function item_source(items)
  if type(items) == "function" then return items end
  local list, count = as_list(items)
  local place = 0
  return function()
    if place < count then
      place = place + 1
      return list[place]
    end
  end
end

--- After `close` no more tasks come, when the calls made before it have read their items.
local function close_tasks(self)
  for _, job in pairs(self._jobs) do
    if not job.total then return end
  end
  core.channel_close(self._tasks)
end

--- Submits tasks while there are items, and not too many tasks out.
local function feed(self, job)
  local ahead = tasks_ahead * self._processes * job.chunksize
  while not job.total and job.submitted - job.done < ahead do
    local items, first = {}, job.submitted + 1
    for place = first, first + job.chunksize - 1 do
      local read, item = pcall(job.source)
      if not read then
        job.input_failure, item = item, nil
      end
      if item == nil then
        job.total = place - 1
        break
      end
      items[place] = item
      job.submitted = place
    end
    if job.submitted >= first then
      core.pool_submit(self._tasks, job.id, job.func, false, items, first, job.submitted - first + 1)
    end
    check_finished(self, job)
    if job.total and self._state == "closed" then close_tasks(self) end
  end
end

local function imap_job(self, f, items, chunksize)
  local job = new_job(self, f, { chunksize = count_option(chunksize, "chunksize") or 1, source = item_source(items) })
  feed(self, job)
  return job
end

--- The result at a place, out of the job; raises its failure.
local function take(job, place)
  local failure, result = job.errors[place], job.results[place]
  job.errors[place], job.results[place] = nil, nil
  if failure == nil then return place, result end
  if getmetatable(failure) ~= errors.Error then failure = errors.new(failure) end
  failure.index = place
  error(failure, 0)
end

local function await_more(self, job)
  feed(self, job)
  local rest = job.deadline and math.max(0, job.deadline - core.clock())
  if not collect(self, rest) and job.deadline and core.clock() >= job.deadline then
    error(errors.new { kind = "timeout", message = "the results did not come in time" }, 0)
  end
  if self._callbacks then run_callbacks(self) end
end

--- `for place, value in pool:imap(f, items) do`: each result in order, as soon as it is there. `timeout` seconds after
--- this call an error of kind "timeout" is raised instead of waiting.
function Pool:imap(f, items, chunksize, timeout)
  local job = imap_job(self, f, items, chunksize)
  job.deadline = timeout and core.clock() + timeout
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
    place = place + 1
    while not is_ready(place) do
      if job.total and place > job.total then
        if job.input_failure then error(job.input_failure, 0) end
        return nil
      end
      await_more(self, job)
    end
    if job.lost and place > job.total then return nil end
    ready[place] = nil
    feed(self, job)
    return take(job, place)
  end
end

--- The same with results as they come.
function Pool:imap_unordered(f, items, chunksize)
  local job = imap_job(self, f, items, chunksize)
  job.arrived = {}
  local given = 0
  return function()
    while #job.arrived == 0 do
      if job.lost then error(job.lost, 0) end
      if job.total and given >= job.total then
        if job.input_failure then error(job.input_failure, 0) end
        return nil
      end
      await_more(self, job)
    end
    local run = job.arrived[1]
    local place = run[1]
    run[1], run[2] = run[1] + 1, run[2] - 1
    if run[2] == 0 then table.remove(job.arrived, 1) end
    given = given + 1
    feed(self, job)
    return take(job, place)
  end
end

-- ---- For concurrent.futures ----

--- One call; `on_done` is called in this process when it has come to something.
function Pool:_submit(f, args, on_done)
  return apply_job(self, f, args, { on_done = on_done })
end

--- Takes results that have come, waiting up to `timeout` for one.
function Pool:_collect(timeout)
  local came = collect(self, timeout)
  while came and next(self._jobs) and collect(self, false) do end
  if self._callbacks then run_callbacks(self) end
end

function Pool:_forget(job) self._jobs[job.id] = nil end

function Pool:_imap(f, items, chunksize, timeout) return self:imap(f, items, chunksize, timeout) end

-- ---- The end ----

local function reap(self)
  self._is_reaped = true
  core.join(self._supervisor)
  core.forget(self._supervisor)
  open_pools[self] = nil
end

--- No more jobs; the workers leave when those that are out are done.
function Pool:close()
  if self._state ~= "open" then return end
  self._state = "closed"
  if self._supervisor then close_tasks(self) end
end

--- Ends the workers at once, whatever they do.
function Pool:terminate()
  if self._state == "terminated" then return end
  self._state = "terminated"
  if not self._supervisor or self._is_reaped or self._owner ~= core.getpid() then return end
  core.kill(self._supervisor, 9)
  reap(self)
  lose(self)
end

--- Waits for the workers to leave, after close or terminate.
function Pool:join()
  if self._state == "open" then core.fail("join a pool after pool:close() or pool:terminate()") end
  if not self._supervisor or self._is_reaped then return end
  -- Nobody reads on while this waits: what was not taken from an iterator is not run.
  for _, job in pairs(self._jobs) do
    job.total = job.total or job.submitted
    check_finished(self, job)
  end
  close_tasks(self)
  while next(self._jobs) do collect(self) end
  reap(self)
  if self._callbacks then run_callbacks(self) end
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
class.on_call(pump)

process.set_supervisors(function()
  local pids = {}
  for each in pairs(open_pools) do
    if each._owner == core.getpid() then pids[#pids + 1] = each._supervisor end
  end
  return pids
end)

process.at_end(function()
  for each in pairs(open_pools) do
    if each._owner == core.getpid() then each:terminate() end
  end
end)

return pool
