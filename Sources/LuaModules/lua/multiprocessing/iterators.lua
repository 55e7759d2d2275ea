--- What imap, imap_unordered and executor:map answer: an object that gives the next result when it is called.
---
--- Items are read while results are; a pool that is joined reads the others and runs them. A loop that is left ends it.
local core = require "_multiprocessing"
local arguments = require "multiprocessing.arguments"
local class = require "multiprocessing.class"
local jobs = require "multiprocessing.jobs"

local iterators = {}

local Iterator = {}
iterators.Iterator = Iterator

--- An iterator as a loop takes it: called for each turn, and closed at the loop's end. `fields` are those of its job.
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

--- After the last result: nothing, or what the items' source has raised.
local function no_more(job)
  if job.input_failure then error(job.input_failure, 0) end
  return nil
end

local function is_ready(self, place)
  local job, ready = self._job, self._ready
  for index = job.first_run, job.last_run do
    local run = job.arrived[index]
    job.arrived[index] = nil
    for each = run[1], run[1] + run[2] - 1 do ready[each] = true end
  end
  job.first_run = job.last_run + 1
  return ready[place] or job.lost
end

local function next_in_order(self)
  local job, place = self._job, self._place + 1
  job.given = place - 1
  self._place = place
  while not is_ready(self, place) do
    if job.total and place > job.total then return no_more(job) end
    jobs.await_more(self._pool, job)
  end
  if job.lost and place > job.total then return nil end
  self._ready[place] = nil
  jobs.feed(self._pool, job)
  return jobs.take(job, place)
end

local function next_arrived(self)
  local job = self._job
  while job.first_run > job.last_run do
    if job.lost then error(job.lost, 0) end
    if job.total and job.given >= job.total then return no_more(job) end
    jobs.await_more(self._pool, job)
  end
  local run = job.arrived[job.first_run]
  local place = run[1]
  run[1], run[2] = place + 1, run[2] - 1
  if run[2] == 0 then
    job.arrived[job.first_run] = nil
    job.first_run = job.first_run + 1
  end
  job.given = job.given + 1
  jobs.feed(self._pool, job)
  return jobs.take(job, place)
end

--- The next place and what the function returned for its item, or nil after the last.
function Iterator:__call()
  if self._is_closed then return nil end
  return (self._ready and next_in_order or next_arrived)(self)
end

local function close(self)
  if self._is_closed then return end
  self._is_closed = true
  jobs.cut(self._pool, self._job)
end

--- Takes nothing more from the items, and drops those that were not begun.
function Iterator:close() close(self) end
function Iterator:__close() close(self) end

--- Nobody reads the results: they are thrown away as they come.
function Iterator:__gc()
  if not self._is_closed then jobs.drop(self._job) end
end

class.seal(Iterator, "iterator")

return iterators
