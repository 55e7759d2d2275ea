--- Iterators of imap, imap_unordered and executor:map: objects that return the next result when they are called.
---
--- Items are read while results are; a pool that is joined reads the others and runs them. A loop that is left closes it.
local core = require "_multiprocessing"
local arguments = require "multiprocessing.arguments"
local class = require "multiprocessing.class"
local jobs = require "multiprocessing.jobs"

local iterators = {}

local Iterator = {}

--- An iterator for a generic `for`: called for each turn, and closed at the loop's end. `fields` are those of its job.
function iterators.new(self, f, fields, is_ordered, source, count, list)
  local deadline = arguments.deadline(fields.timeout)
  fields.chunksize = arguments.count_option(fields.chunksize, "chunksize") or 1
  fields.is_many = true
  if not count then fields.place = core.position():gsub(": $", "") end
  local job = jobs.new(self, f, fields)
  job.deadline = deadline
  jobs.begin_feeding(self, job, source, count, list)
  local iterator = setmetatable({ _pool = self, _job = job, _place = 0, _ready = is_ordered and {} }, Iterator)
  return iterator, nil, nil, iterator
end

--- Ends after the last result: nil, or the error of the items' source.
local function no_more(job)
  if job.input_failure then error(job.input_failure, 0) end
  return nil
end

local function is_ready(self, place)
  local job, ready = self._job, self._ready
  for index = job.first_range, job.last_range do
    local range = job.arrived[index]
    job.arrived[index] = nil
    for each = range[1], range[1] + range[2] - 1 do ready[each] = true end
  end
  job.first_range = job.last_range + 1
  return ready[place] or job.pool_failure
end

local function next_in_order(self)
  local job, place = self._job, self._place + 1
  job.consumed = place - 1
  self._place = place
  while not is_ready(self, place) do
    if job.total and place > job.total then return no_more(job) end
    jobs.await_more(self._pool, job)
  end
  if job.pool_failure and place > job.total then return nil end
  self._ready[place] = nil
  jobs.feed(self._pool, job)
  return jobs.pop_result(job, place)
end

local function next_arrived(self)
  local job = self._job
  while job.first_range > job.last_range do
    if job.pool_failure then error(job.pool_failure, 0) end
    if job.total and job.consumed >= job.total then return no_more(job) end
    jobs.await_more(self._pool, job)
  end
  local range = job.arrived[job.first_range]
  local place = range[1]
  range[1], range[2] = place + 1, range[2] - 1
  if range[2] == 0 then
    job.arrived[job.first_range] = nil
    job.first_range = job.first_range + 1
  end
  job.consumed = job.consumed + 1
  jobs.feed(self._pool, job)
  return jobs.pop_result(job, place)
end

--- The next place and the result of its item, or nil after the last.
function Iterator:__call()
  if self._is_closed then return nil end
  return (self._ready and next_in_order or next_arrived)(self)
end

local function close(self)
  if self._is_closed then return end
  self._is_closed = true
  jobs.stop(self._pool, self._job)
end

--- Reads no more items, and revokes those that were not begun.
function Iterator:close() close(self) end
function Iterator:__close() close(self) end

--- Drops the results, which nobody reads any more.
function Iterator:__gc()
  if not self._is_closed then jobs.drop(self._job) end
end

class.keep(Iterator, "an iterator of results", "send the values that it gives")
class.seal(Iterator, "iterator")

return iterators
