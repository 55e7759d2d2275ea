--- Queues: any process puts values, and each value goes to one process that gets it.
local core = require "_multiprocessing"
local arguments = require "multiprocessing.arguments"
local class = require "multiprocessing.class"

local queues = {}

local Queue = {}
queues.Queue = Queue

--- Puts a copy of `value` at the end: true, or `nil, "full"` when there was no room in time.
function Queue:put(value, ...)
  local put, reason = core.put(self._handle, value, ...)
  if reason == "closed" then core.fail("put into a queue that is closed") end
  return put, reason
end

function Queue:put_nowait(value) return self:put(value, false) end

--- Takes the first value: it, or `nil, "empty"` or `nil, "closed"`. A nil that was put comes without a reason.
function Queue:get(...) return core.get(self._handle, ...) end

function Queue:get_nowait() return core.get(self._handle, false) end

--- How many values are in it.
function Queue:qsize() return (core.channel_state(self._handle)) end

function Queue:empty() return core.channel_state(self._handle) == 0 end
function Queue:full() return (select(2, core.channel_state(self._handle))) end

--- Nothing can be put any more; what is in it can be got, and then `get` says "closed".
function Queue:close() core.channel_close(self._handle) end

--- Counts one of the values that were got as done.
function Queue:task_done() core.task_done(self._handle) end

--- Waits until all values that were put are done: true, or `nil, "timeout"`. The values that a process has got count as done
--- when it ends.
function Queue:join(...) return core.channel_join(self._handle, ...) end

--- The values, up to a nil or the close: `for value in queue:iter() do`.
function Queue:iter()
  return function() return (core.get(self._handle)) end
end

-- Nothing is buffered in the process, so there is nothing to wait for.
function Queue:join_thread() end
function Queue:cancel_join_thread() end

function Queue:__close() self:close() end
function Queue.__eq(a, b) return rawequal(a._handle, b._handle) end
function Queue:__tostring() return ("Queue(%d)"):format(self:qsize()) end
class.seal(Queue, "queue", nil, {
  values = "for value in queue:iter() do", length = "queue:qsize()",
  size = "queue:qsize() for how many are in it, mp.Queue(3) for how many may be", maxsize = "mp.Queue(3)",
})

--- A queue of at most `maxsize` values; without one, of as many as memory holds.
function queues.new(maxsize)
  arguments.check_number(maxsize, "the maxsize of a queue", "mp.Queue(3)")
  return setmetatable({ _handle = core.channel(maxsize or 0) }, Queue)
end

return queues
