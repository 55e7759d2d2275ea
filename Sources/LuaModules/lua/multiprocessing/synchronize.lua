--- Locks, semaphores, conditions, events and barriers.
local core = require "_multiprocessing"
local arguments = require "multiprocessing.arguments"
local class = require "multiprocessing.class"

local synchronize = {}

--- A hold of a lock, which a `<close>` variable ends: `local held <close> = lock:hold()`.
local Hold = {}
synchronize.Hold = Hold
function Hold:__close() core.end_hold(self.lock._handle, self.number) end

local function same(a, b) return rawequal(a._handle, b._handle) end

--- Adds the methods of everything that can be acquired.
local function acquirable(meta)
  --- Acquires it, as soon as it is free: true, or `nil, "timeout"`; `true, "abandoned"` when its holder was lost.
  function meta:acquire(...) return core.acquire(self._handle, ...) end

  function meta:release(count) core.release(self._handle, count) end

  --- Calls `f` with it held.
  function meta:with(f, ...)
    arguments.check_function(f, "with(f, …): f")
    local _ <close> = self:hold()
    return f(...)
  end

  --- Acquires it until the end of the block: `local held <close> = lock:hold(timeout)`.
  function meta:hold(...)
    local number, reason = core.hold(self._handle, ...)
    if not number then return nil, reason end
    return setmetatable({ lock = self, reason = reason, number = number }, Hold)
  end

  meta.__eq = same
end

local Lock, RLock, Semaphore = {}, {}, {}
synchronize.Lock, synchronize.RLock, synchronize.Semaphore = Lock, RLock, Semaphore
for _, meta in ipairs { Lock, RLock, Semaphore } do acquirable(meta) end

--- Whether somebody holds it.
function Lock:locked() return core.value(self._handle) == 0 end
function RLock:locked() return core.value(self._handle) == 0 end

--- How many could acquire it now.
function Semaphore:get_value() return core.value(self._handle) end

function Lock:__tostring() return ("Lock(%s)"):format(self:locked() and "held" or "free") end
function RLock:__tostring() return ("RLock(%s)"):format(self:locked() and "held" or "free") end
function Semaphore:__tostring() return ("Semaphore(%d)"):format(self:get_value()) end

local to_acquire = { call = "lock:acquire(), or local held <close> = lock:hold()", closing = "local held <close> = lock:hold()" }
class.seal(Lock, "lock", nil, to_acquire)
class.seal(RLock, "lock", nil, to_acquire)
class.seal(Semaphore, "semaphore", nil, {
  call = "semaphore:acquire(), or local held <close> = semaphore:hold()",
  closing = "local held <close> = semaphore:hold()",
  length = "semaphore:get_value()", value = "semaphore:get_value()",
})

--- A lock that one process holds at a time, and any process may release.
function synchronize.new_lock(...)
  arguments.check_none("mp.Lock", ...)
  return setmetatable({ _handle = core.lock() }, Lock)
end

--- A lock that its holder may acquire again, and releases as often.
function synchronize.new_rlock(...)
  arguments.check_none("mp.RLock", ...)
  return setmetatable({ _handle = core.lock(true) }, RLock)
end

--- `count` may hold it at a time; every release adds one.
function synchronize.new_semaphore(count)
  arguments.check_number(count, "a semaphore's value", "mp.Semaphore(3)")
  return setmetatable({ _handle = core.semaphore(count or 1) }, Semaphore)
end

--- The same, and a release beyond `count` is an error.
function synchronize.new_bounded_semaphore(count)
  arguments.check_number(count, "a semaphore's value", "mp.BoundedSemaphore(3)")
  if (count or 1) < 1 then core.fail("a bounded semaphore's value is 1 or more, not " .. tostring(count)) end
  return setmetatable({ _handle = core.semaphore(count or 1, count or 1) }, Semaphore)
end

--- A condition: wait with the lock held until another process, with the lock held, notifies.
local Condition = {}
synchronize.Condition = Condition

function Condition:acquire(...) return self._lock:acquire(...) end
function Condition:release() self._lock:release() end
function Condition:with(f, ...) return self._lock:with(f, ...) end
function Condition:hold(...) return self._lock:hold(...) end

--- Releases the lock, waits to be notified, and acquires it again: true, or `nil, "timeout"`; and "abandoned", if its holder
--- was lost meanwhile.
function Condition:wait(...) return core.condition_wait(self._handle, self._lock._handle, ...) end

--- Waits until `predicate()` is true, or `timeout` seconds have passed; returns its last value.
function Condition:wait_for(predicate, timeout)
  arguments.check_function(predicate, "wait_for(predicate): predicate")
  local deadline = arguments.deadline(timeout)
  local value = predicate()
  while not value and (not deadline or core.clock() < deadline) do
    self:wait(deadline and deadline - core.clock())
    value = predicate()
  end
  return value
end

--- Wakes `n` of the processes that wait (1); returns how many there were.
function Condition:notify(n) return core.notify(self._handle, self._lock._handle, n) end

function Condition:notify_all() return core.notify(self._handle, self._lock._handle, math.maxinteger) end

function Condition:__tostring() return ("Condition(%s)"):format(self._lock) end
Condition.__eq = same
class.seal(Condition, "condition", nil, {
  call = "condition:wait()", closing = "local held <close> = condition:hold()",
})

function synchronize.new_condition(lock)
  lock = lock or synchronize.new_rlock()
  if getmetatable(lock) ~= Lock and getmetatable(lock) ~= RLock then
    core.fail("a condition's lock is an mp.Lock or mp.RLock")
  end
  return setmetatable({ _handle = core.condition(), _lock = lock }, Condition)
end

--- A flag that processes wait for.
local Event = {}
synchronize.Event = Event

function Event:set() core.event_set(self._handle, true) end
function Event:clear() core.event_set(self._handle, false) end
function Event:is_set() return core.event_is_set(self._handle) end

--- Waits until it is set: true, or `nil, "timeout"`.
function Event:wait(...) return core.event_wait(self._handle, ...) end

function Event:__tostring() return ("Event(%s)"):format(self:is_set() and "set" or "unset") end
Event.__eq = same
class.seal(Event, "event", nil, { call = "event:is_set()", value = "event:is_set()" })

function synchronize.new_event(...)
  arguments.check_none("mp.Event", ...)
  return setmetatable({ _handle = core.event() }, Event)
end

--- A point at which `parties` processes wait for each other.
local Barrier = {}
synchronize.Barrier = Barrier

--- Waits for all others, and returns this process's index, from 0; or `nil, "broken"`, for all of them, when one has died, has
--- reached its timeout or has called `abort`.
function Barrier:wait(timeout)
  if timeout == nil then timeout = self._timeout end
  arguments.check_timeout(timeout)
  local place, round = core.barrier_arrive(self._handle, timeout)
  if not place then return nil, "broken" end
  if place + 1 < self._parties then
    if not core.barrier_pass(self._handle, round, timeout) then return nil, "broken" end
    return place
  end
  if self._action then
    local done, failure = pcall(self._action)
    if not done then
      self:abort()
      error(failure, 0)
    end
  end
  if not core.barrier_open(self._handle, round) then return nil, "broken" end -- meanwhile
  return place
end

function Barrier:abort() core.barrier_abort(self._handle) end

--- Makes it as new; those that wait return "broken".
function Barrier:reset() core.barrier_reset(self._handle) end

function Barrier:__tostring()
  if self.broken then return "Barrier(broken)" end
  return ("Barrier(%d of %d waiting)"):format(self.n_waiting, self.parties)
end
Barrier.__eq = same
class.seal(Barrier, "barrier", {
  parties = function(self) return (core.barrier_state(self._handle)) end,
  n_waiting = function(self) return (select(2, core.barrier_state(self._handle))) end,
  broken = function(self) return (select(3, core.barrier_state(self._handle))) end,
}, { call = "barrier:wait()" })

--- `action` is called by the last to arrive, before any of them goes on; `timeout` is that of `wait`.
function synchronize.new_barrier(parties, action, timeout)
  arguments.check_number(parties, "a barrier's number of parties", "mp.Barrier(2)")
  if action ~= nil then arguments.check_function(action, "the action of a barrier") end
  arguments.check_timeout(timeout)
  return setmetatable({ _handle = core.barrier(parties), _parties = parties, _action = action, _timeout = timeout }, Barrier)
end

return synchronize
