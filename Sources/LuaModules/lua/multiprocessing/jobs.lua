--- Jobs, one for each call of a pool: from items to tasks, and from results to what the call returns.
local core = require "_multiprocessing"
local arguments = require "multiprocessing.arguments"
local errors = require "multiprocessing.errors"
local lists = require "multiprocessing.lists"
local unasked = require "multiprocessing.unasked"
local workers = require "multiprocessing.workers"

-- The number of jobs of all pools so far.
local serial = 0

local jobs = {
  -- The pools that have a supervisor, whose callbacks run and which are ended with the script.
  open_pools = setmetatable({}, { __mode = "k" }),
}

-- How many tasks of one job each worker has at a time, when items come from an iterator.
local tasks_ahead = 4
-- How many times as many may be ahead of the results that the script has read, behind an item that takes long.
local results_ahead = 8
local max_items = 16384
-- A call that waits for its results collects some before more bytes of tasks than this wait for a worker: memory that was
-- used just now is faster than more of it.
local max_bytes = 16 << 20

--- Refuses other processes than the one that has made the pool, which alone gets its results.
function jobs.check_own(self, noun)
  if self._owner and self._owner ~= core.getpid() then
    core.fail(("the %s is another process's; %s"):format(noun, noun == "pool" and "make one here" or "ask for it there"))
  end
end

local function check_open(self)
  jobs.check_own(self, "pool")
  if self._failure then unasked.mark_reported(self._failure) end
  if self._state ~= "open" then core.fail("the pool is " .. self._state .. "; make another one") end
end

--- Whether the pool has its processes, and is this process's.
function jobs.is_open(self) return not self._guard.is_reaped and self._owner == core.getpid() end

--- Waits for the supervisor, which has exited or was killed.
function jobs.reap(self)
  self._guard.is_reaped = true
  core.join(self._supervisor)
  core.forget(self._supervisor)
  jobs.open_pools[self] = nil
end

-- Ends a pool that is collected as garbage: it is collected with the pool, and before its channels, being made after them.
local Guard = {}

function Guard:__gc()
  if self.is_reaped or self.owner ~= core.getpid() then return end
  self.is_reaped = true
  core.watch(self.results, false)
  core.kill(self.supervisor, 9)
  core.join(self.supervisor)
  core.forget(self.supervisor)
end

-- The garbage collector does not know what the processes of an unreachable pool cost: it is called when there are more pools
-- than this, and than twice as many as it has left.
local max_pools = 8

local function collect_dropped()
  local function count_open()
    local count = 0
    for each in pairs(jobs.open_pools) do
      if jobs.is_open(each) then count = count + 1 end
    end
    return count
  end
  if count_open() < max_pools then return end
  collectgarbage()
  max_pools = math.max(8, 2 * count_open())
end

--- Forks the pool, at its first job.
local function start(self)
  if self._supervisor then return end
  collect_dropped()
  workers.start(self)
  self._guard = setmetatable({ supervisor = self._supervisor, results = self._results, owner = self._owner }, Guard)
  jobs.open_pools[self] = true
end

-- The size from which a function is worth a warning: it is sent with every call.
local large_function = 64 << 20

--- The name of the largest upvalue.
local function largest_upvalue(f)
  local name, most
  for place = 1, debug.getinfo(f, "u").nups do
    local upvalue, value = debug.getupvalue(f, place)
    local sent, _, size = pcall(core.pool_function, value)
    if sent and size > (most or 0) then name, most = upvalue, size end
  end
  return name
end

--- Puts the function into shared memory, where every worker reads it.
local function share(f)
  local func, size = core.pool_function(f)
  if size > large_function and type(f) == "function" then
    io.stderr:write(("pmap: the function of a pool brings %d MB along, most of it in '%s'; what is there when the pool is "
      .. "made, as a global or in a module, need not be sent\n"):format(size >> 20, largest_upvalue(f) or "?"))
  end
  return func
end

local function has_callback(job) return job.callback or job.error_callback or job.on_done end

--- Makes the job of a call. `results` and `errors` are indexed by place, and `several` has the results of items that have more
--- than one.
function jobs.new(self, f, fields)
  check_open(self)
  if not arguments.is_callable(f) then
    core.fail(("a pool runs functions, not a %s; write the function itself, f and not f(1)"):format(type(f)))
  end
  start(self)
  self._serial = self._serial + 1
  local job = fields or {}
  job.id, job.results, job.errors = self._serial, {}, {}
  job.failures, job.submitted, job.done = 0, 0, 0
  job.func = share(f)
  job.seed = core.pool_seed(self._number, job.id)
  serial = serial + 1
  job.number = serial
  self._jobs[job.id] = job
  self._unfinished = self._unfinished + 1
  if has_callback(job) then
    self._with_callback = self._with_callback + 1
    core.watch(self._results, true)
  end
  return job
end

--- Removes the job from its pool.
function jobs.forget(self, job)
  self._jobs[job.id], self._reading[job.id] = nil, nil
  self._unfinished = self._unfinished - 1
  if has_callback(job) then
    self._with_callback = self._with_callback - 1
    core.watch(self._results, self._with_callback > 0)
  end
  if self._unfinished == 0 and self._when_idle then self._when_idle() end
end

local function finish(self, job)
  job.is_finished = true
  job.func, job.source, job.list = nil, nil, nil
  if has_callback(job) and not job.is_stopped then
    self._callbacks = self._callbacks or {}
    table.insert(self._callbacks, job)
  end
  jobs.forget(self, job)
  if job.failures > 0 and not job.error_callback then unasked.record(job) end
end

function jobs.check_finished(self, job)
  if not job.is_finished and job.total and job.done == job.total then finish(self, job) end
end

--- Drops results that nobody reads, and counts their failures.
local function discard(job, first, count)
  for place = first, first + count - 1 do
    local failure = job.errors[place]
    if failure then
      job.unread_failures = (job.unread_failures or 0) + 1
      if not job.unread_place or place < job.unread_place then job.unread_place, job.unread_failure = place, failure end
    end
    job.results[place], job.errors[place] = nil, nil
    if job.several then job.several[place] = nil end
  end
end

--- Records that results of `count` items have arrived, from a place on.
local function record_arrival(job, first, count)
  if not job.arrived then return end
  if job.is_dropped then
    discard(job, first, count)
  else
    job.last_range = job.last_range + 1
    job.arrived[job.last_range] = { first, count }
  end
end

--- Fails all jobs of a pool whose supervisor has ended.
function jobs.fail_all(self)
  local report = core.get(self._reports, false)
  local failure = report or errors.new {
    kind = "crash",
    message = self._state == "terminated" and "the pool was terminated" or "the pool's supervisor has died",
  }
  if report and report.traceback then
    failure = errors.new { kind = "error", message = "the pool's initializer failed: " .. report.message, traceback = report.traceback, value = report.value }
  end
  self._failure = failure
  if self._state == "open" then self._state = "broken: " .. failure.message end
  if self._state == "terminated" then unasked.mark_reported(failure) end
  for _, job in pairs(self._jobs) do
    for place = 1, job.arrived and job.is_dropped and 0 or job.total or job.submitted do
      if job.results[place] == nil and not job.errors[place] then job.errors[place] = failure end
    end
    job.total = job.total or job.submitted
    job.failures, job.done = job.failures + 1, job.total
    job.pool_failure = failure
    finish(self, job)
  end
end

--- Receives one message of results; false when none came in time.
function jobs.collect(self, timeout)
  local id, first, count, failures = core.pool_collect(self._results, self._jobs, timeout, self._supervisor)
  if not id then
    if first == "closed" then
      jobs.fail_all(self)
      return true
    end
    return false
  end
  local job = self._jobs[id]
  if job then
    job.done, job.failures = job.done + count, job.failures + failures
    record_arrival(job, first, count)
    jobs.check_finished(self, job)
  end
  return true
end

--- Runs the callbacks that are due. One that raises ends the call that it runs in; the others run at the next call.
function jobs.run_callbacks(self)
  while self._callbacks do
    local first = (self._first_callback or 0) + 1
    local job = self._callbacks[first]
    self._first_callback = first
    if first == #self._callbacks then self._callbacks, self._first_callback = nil, nil end
    local on_done = job.on_done
    job.on_done = nil
    if on_done then
      on_done()
    elseif job.failures > 0 then
      if job.error_callback then job.error_callback(job.failure(job)) end
    elseif job.callback then
      job.callback(job.value(job))
    end
  end
end

--- Receives the results that have come, and runs their callbacks: at every call that may wait.
function jobs.poll_all()
  local ready
  for each in pairs(jobs.open_pools) do
    if jobs.is_open(each) then
      while each._unfinished > 0 and jobs.collect(each, false) do end
      if each._callbacks then
        ready = ready or {}
        ready[#ready + 1] = each
      end
    end
  end
  for _, each in ipairs(ready or {}) do jobs.run_callbacks(each) end
end

--- How many items the next task has: fewer and fewer towards the end, so that no worker is late.
local function guided(left, workers) return math.max(1, math.min(max_items, left // (4 * workers))) end

function jobs.submit_list(self, job, items, count, chunksize, starred)
  job.total = count
  jobs.check_finished(self, job)
  local first = 1
  while first <= count do
    local size = math.min(chunksize or guided(count - first + 1, self._processes), count - first + 1)
    local is_sent, message =
      pcall(core.pool_submit, self._tasks, job.id, job.func, starred, items, first, size, not job.is_list, job.seed)
    if not is_sent then
      job.total = job.submitted
      jobs.stop(self, job)
      error(message, 0)
    end
    job.submitted = first + size - 1
    first = first + size
    while job.is_awaited and not job.is_finished and core.pool_backlog(self._tasks) > max_bytes do jobs.collect(self) end
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

--- All results of an item.
local function values(job, place)
  local several = job.several and job.several[place]
  if several then return table.unpack(several, 1, several.n) end
  return job.results[place]
end

function jobs.single(job) return values(job, 1) end

function jobs.wait_for(self, job, timeout)
  local deadline = arguments.deadline(timeout)
  while not job.is_finished do
    if not jobs.collect(self, arguments.rest(deadline)) and deadline and core.clock() >= deadline then
      return nil, "timeout"
    end
  end
  if self._callbacks then jobs.run_callbacks(self) end
  return true
end

function jobs.answer(job)
  if job.pool_failure then unasked.mark_reported(job.pool_failure) end
  if job.failures > 0 then error(job.failure(job), 0) end
  return job.value(job)
end

--- Closes the channel of tasks, after `close`, when the calls made before it have read their items.
function jobs.close_tasks(self)
  if not next(self._reading) then core.channel_close(self._tasks) end
end

-- ---- Items from a source ----

--- Begins to read the items of a job from `source` (see `lists.item_source`), while others are run.
function jobs.begin_feeding(self, job, source, count, list)
  job.source, job.count, job.list = source, count, list
  job.consumed = 0
  job.arrived, job.first_range, job.last_range = {}, 1, 0
  self._reading[job.id] = job
  jobs.feed(self, job)
end

local function end_feeding(self, job, total)
  job.total = total
  self._reading[job.id] = nil
  jobs.check_finished(self, job)
  if self._state == "closed" then jobs.close_tasks(self) end
end

--- Up to `size` items from a place on: a table that has them there, the place of the last, and, when there are no more, how
--- many there are.
local function read(job, first, size)
  local last = first + size - 1
  if job.count and last >= job.count then last = job.count end
  if job.list then return job.list, last, last == job.count and last or nil end
  local items = {}
  for place = first, last do
    local is_read, is_there, item = pcall(job.source, place)
    if not is_read then job.input_failure, is_there = is_there, false end
    if not is_there then return items, place - 1, place - 1 end
    items[place] = item
  end
  return items, last, last == job.count and last or nil
end

--- Submits a task; an item that cannot be sent has failed.
local function submit(self, job, items, first, last)
  local is_sent, message = pcall(core.pool_submit, self._tasks, job.id, job.func, job.is_starred, items, first, last - first + 1, true, job.seed)
  if is_sent then return end
  if first < last then
    for place = first, last do submit(self, job, items, place, place) end
    return
  end
  job.errors[first] = errors.new { kind = "unsendable", message = message }
  job.done, job.failures = job.done + 1, job.failures + 1
  record_arrival(job, first, 1)
end

--- Submits tasks while there are items, and not too many tasks unfinished, nor, unless all are to be run, too many results
--- unread.
function jobs.feed(self, job, runs_all)
  if job.is_feeding then return end -- its source reads from it
  job.is_feeding = true
  local ahead = tasks_ahead * self._processes * job.chunksize
  local most = runs_all and math.huge or job.buffersize or results_ahead * ahead
  while not job.total and job.submitted - job.done < ahead and job.submitted - job.consumed < most do
    local first = job.submitted + 1
    local items, last, total = read(job, first, math.min(job.chunksize, most - job.submitted + job.consumed))
    if job.total then break end -- its source has closed it
    job.submitted = last
    if last >= first then submit(self, job, items, first, last) end
    if total then end_feeding(self, job, total) end
  end
  job.is_feeding = false
end

--- Reads no more items of a job, and revokes those that no worker has begun; the other results are dropped.
function jobs.stop(self, job)
  unasked.mark_retrieved(job)
  job.is_stopped = true
  jobs.drop(job)
  if job.is_finished or self._owner ~= core.getpid() then return end
  job.done = job.done + core.pool_revoke(self._tasks, job.id)
  if job.total then jobs.check_finished(self, job) else end_feeding(self, job, job.submitted) end
end

--- The same, with a failure for a loop that reads on.
function jobs.cancel(self, job, failure)
  local arrived, results, failures = job.arrived, job.results, job.errors
  job.arrived, job.results, job.errors, job.pool_failure = {}, {}, {}, failure
  jobs.stop(self, job)
  job.arrived, job.results, job.errors = arrived, results, failures
  for place = 1, job.submitted do
    if results[place] == nil and not failures[place] then failures[place] = failure end
  end
end

--- Drops the results that were not read, and those to come.
function jobs.drop(job)
  job.is_dropped = true
  if job.arrived then
    for range = job.first_range, job.last_range do
      if job.arrived[range] then discard(job, job.arrived[range][1], job.arrived[range][2]) end
    end
    job.arrived, job.first_range, job.last_range = {}, 1, 0
  end
  unasked.mark_unreachable(job)
end

--- Removes and returns the results of the item at a place, or raises its failure.
function jobs.pop_result(job, place)
  local failure, result, several = job.errors[place], job.results[place], job.several
  job.errors[place], job.results[place] = nil, nil
  if failure == nil then
    local all = several and several[place]
    if not all then return place, result end
    several[place] = nil
    return place, table.unpack(all, 1, all.n)
  end
  if getmetatable(failure) ~= errors.Error then failure = errors.new(failure) end
  failure.index = place
  error(failure, 0)
end

function jobs.await_more(self, job)
  jobs.check_own(self, "iterator")
  jobs.feed(self, job)
  local rest = job.deadline and math.max(0, job.deadline - core.clock())
  if not jobs.collect(self, rest) and job.deadline and core.clock() >= job.deadline then
    error(errors.new { kind = "timeout", message = "the results did not come in time" }, 0)
  end
  if self._callbacks then jobs.run_callbacks(self) end
end

-- ---- The end of a pool ----

-- A call that waits for all items of an iterator reports after so many seconds that it is still read.
local quiet_seconds = 5

--- Runs all jobs to their ends, whether or not their results are read.
function jobs.run_all(self)
  local deadline = core.clock() + quiet_seconds
  while self._unfinished > 0 do
    local rest
    for _, job in pairs(self._reading) do
      jobs.feed(self, job, true)
      if not job.total and not job.count and not job.is_noticed then
        rest = math.max(0, deadline - core.clock())
        if rest == 0 then
          io.stderr:write(("pmap: still reading items at %s, %d so far\n"):format(job.place, job.submitted))
          job.is_noticed, rest = true, nil
        end
      end
    end
    if self._unfinished > 0 then jobs.collect(self, rest) end
  end
end

--- How many items have no result here, though they may have been run, and whether there may have been more in their sources.
function jobs.count_left(self)
  while self._unfinished > 0 and jobs.collect(self, false) do end
  local left, may_have_more = 0, false
  for _, job in pairs(self._jobs) do
    if not job.is_stopped then
      left = left + (job.total or job.count or job.submitted) - job.done
      may_have_more = may_have_more or not (job.total or job.count)
    end
  end
  return left, may_have_more
end

return jobs
