--- What one call of a pool has asked for: from its items to tasks, and from results to what the call answers.
local core = require "_multiprocessing"
local arguments = require "multiprocessing.arguments"
local errors = require "multiprocessing.errors"
local lists = require "multiprocessing.lists"
local workers = require "multiprocessing.workers"

local jobs = {
  -- Every pool that has a supervisor, so that callbacks run and nothing is left running at the end.
  open_pools = setmetatable({}, { __mode = "k" }),
}

-- Tasks of one call that are out at a time for each worker, when items come from an iterator.
local tasks_ahead = 4
-- And how many times as many may be ahead of what has been given to the script, behind one that takes long.
local results_ahead = 8
local most_items = 16384
-- Who waits for a call's results takes some of them before more bytes than this wait for a worker: memory that was used
-- just now is faster than more of it.
local most_bytes = 16 << 20

local function check_open(self)
  if self._owner and self._owner ~= core.getpid() then core.fail("the pool is another process's; make one here") end
  if self._state ~= "open" then core.fail("the pool is " .. self._state .. "; make another one") end
end

--- A pool is forked at its first job.
local function start(self)
  if self._supervisor then return end
  workers.start(self)
  jobs.open_pools[self] = true
end

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

local function brings_callback(job) return job.callback or job.error_callback or job.on_done end

--- What one call has asked for. `results` and `errors` are by place.
function jobs.new(self, f, fields)
  check_open(self)
  if not arguments.is_callable(f) then core.fail("a pool runs functions, not a " .. type(f)) end
  start(self)
  self._serial = self._serial + 1
  local job = fields or {}
  job.id, job.results, job.errors = self._serial, {}, {}
  job.failures, job.submitted, job.done = 0, 0, 0
  job.func = share(f)
  self._jobs[job.id] = job
  if brings_callback(job) then
    self._expected = self._expected + 1
    core.watch(self._results, true)
  end
  return job
end

local function finish(self, job)
  job.is_finished = true
  job.func = nil
  self._jobs[job.id] = nil
  if brings_callback(job) then
    self._expected = self._expected - 1
    core.watch(self._results, self._expected > 0)
    self._callbacks = self._callbacks or {}
    table.insert(self._callbacks, job)
  end
end

function jobs.check_finished(self, job)
  if not job.is_finished and job.total and job.done == job.total then finish(self, job) end
end

--- Everything that is out fails: the supervisor has gone.
function jobs.lose(self)
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
function jobs.collect(self, timeout)
  local id, first, count, failures = core.pool_collect(self._results, self._jobs, timeout, self._supervisor)
  if not id then
    if first == "closed" then
      jobs.lose(self)
      return true
    end
    return false
  end
  local job = self._jobs[id]
  if job then
    job.done, job.failures = job.done + count, job.failures + failures
    if job.arrived then job.arrived[#job.arrived + 1] = { first, count } end
    jobs.check_finished(self, job)
  end
  return true
end

--- One that raises ends the call it runs in; the others have their turn at the next call.
function jobs.run_callbacks(self)
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
function jobs.pump()
  for each in pairs(jobs.open_pools) do
    if each._owner == core.getpid() then
      while next(each._jobs) and jobs.collect(each, false) do end
      if each._callbacks then jobs.run_callbacks(each) end
    end
  end
end

--- How many items the next task has: fewer and fewer towards the end, so that no worker is late.
local function guided(left, workers) return math.max(1, math.min(most_items, left // (4 * workers))) end

function jobs.submit_list(self, job, items, count, chunksize, starred)
  job.total = count
  jobs.check_finished(self, job)
  local first = 1
  while first <= count do
    local size = math.min(chunksize or guided(count - first + 1, self._processes), count - first + 1)
    core.pool_submit(self._tasks, job.id, job.func, starred, items, first, size)
    job.submitted = first + size - 1
    first = first + size
    while job.is_awaited and not job.is_finished and core.pool_backlog(self._tasks) > most_bytes do jobs.collect(self) end
    if job.is_finished then break end
  end
end

function jobs.failure_of(job)
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

function jobs.list_of(job)
  job.results.n = job.total
  return setmetatable(job.results, lists.Results)
end

function jobs.single(job) return job.results[1] end

function jobs.wait_for(self, job, timeout)
  local deadline = type(timeout) == "number" and core.clock() + timeout
  while not job.is_finished do
    local rest = timeout
    if deadline then rest = math.max(0, deadline - core.clock()) end
    if not jobs.collect(self, rest) and (deadline and core.clock() >= deadline or timeout == false) then return nil, "timeout" end
  end
  if self._callbacks then jobs.run_callbacks(self) end
  return true
end

function jobs.answer(job)
  if job.failures > 0 then error(job.failure(job), 0) end
  return job.value(job)
end

--- After `close` no more tasks come, when the calls made before it have read their items.
function jobs.close_tasks(self)
  for _, job in pairs(self._jobs) do
    if not job.total then return end
  end
  core.channel_close(self._tasks)
end

--- Submits tasks while there are items, and not too many tasks out.
function jobs.feed(self, job)
  local ahead = tasks_ahead * self._processes * job.chunksize
  while not job.total and job.submitted - job.done < ahead and job.submitted - job.given < results_ahead * ahead do
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
      core.pool_submit(self._tasks, job.id, job.func, job.is_starred, items, first, job.submitted - first + 1)
    end
    jobs.check_finished(self, job)
    if job.total and self._state == "closed" then jobs.close_tasks(self) end
  end
end

--- The result at a place, out of the job; raises its failure.
function jobs.take(job, place)
  local failure, result = job.errors[place], job.results[place]
  job.errors[place], job.results[place] = nil, nil
  if failure == nil then return place, result end
  if getmetatable(failure) ~= errors.Error then failure = errors.new(failure) end
  failure.index = place
  error(failure, 0)
end

function jobs.await_more(self, job)
  jobs.feed(self, job)
  local rest = job.deadline and math.max(0, job.deadline - core.clock())
  if not jobs.collect(self, rest) and job.deadline and core.clock() >= job.deadline then
    error(errors.new { kind = "timeout", message = "the results did not come in time" }, 0)
  end
  if self._callbacks then jobs.run_callbacks(self) end
end

return jobs
