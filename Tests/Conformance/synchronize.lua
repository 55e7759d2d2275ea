--- Locks, semaphores, conditions, events and barriers, as in CPython's tests of the same names.
local expect = require "cases"
local cases = expect.cases
local mp = require "multiprocessing"
local equal, raises, soon, sleep, asleep = expect.equal, expect.raises, expect.soon, expect.sleep, expect.asleep
local start, ended = expect.start, expect.ended

-- ---- Lock ----

function cases.test_lock()
  local lock = mp.Lock()
  equal(lock:acquire(), true)
  equal({ lock:acquire(false) }, { nil, "timeout" })
  equal({ lock:acquire(0) }, { nil, "timeout" })
  equal({ lock:acquire(true, 0.01) }, { nil, "timeout" })
  lock:release()
  raises("release of a lock that is not acquired", lock.release, lock)
end

function cases.test_lock_locked_2processes()
  local lock, event, done = mp.Lock(), mp.Event(), mp.Event()
  equal(lock:locked(), false)
  local process = start(function()
    lock:acquire()
    event:set()
    done:wait()
    lock:release()
  end)
  event:wait()
  equal(lock:locked(), true)
  equal(tostring(lock), "Lock(held)")
  done:set()
  process:join()
  equal(lock:locked(), false)
  equal(tostring(lock), "Lock(free)")
end

-- Another process may release a lock, as in Python.
function cases.test_lock_released_by_another()
  local lock = mp.Lock()
  lock:acquire()
  ended(function() lock:release() end)
  equal(lock:acquire(false), true)
end

function cases.test_rlock()
  local lock = mp.RLock()
  for _ = 1, 3 do equal(lock:acquire(), true) end
  equal(lock:locked(), true)
  equal(ended(function() return lock:acquire(false) end), nil)
  for _ = 1, 3 do lock:release() end
  equal(lock:locked(), false)
  raises("does not hold", lock.release, lock)
  lock:acquire()
  assert(ended(function() return select(2, pcall(lock.release, lock)) end):find "does not hold")
end

function cases.test_lock_context()
  local lock = mp.Lock()
  do
    local held <close> = lock:hold()
    equal(lock:locked(), true)
    equal({ lock:hold(0.01) }, { nil, "timeout" })
  end
  equal(lock:locked(), false)
  equal(lock:with(function(a, b) return a + b end, 1, 2), 3)
  raises("inside", lock.with, lock, error, "inside")
  raises("with(f, …): f is a function, not a nil", lock.with, lock)
  equal(lock:locked(), false)
end

function cases.test_lock_excludes()
  for _, lock in ipairs { mp.Lock(), mp.RLock(), mp.Semaphore(1) } do
    local value, processes = mp.Value("i", 0, false), {}
    for place = 1, 4 do
      processes[place] = start(function()
        for _ = 1, 200 do
          lock:acquire()
          local before = value.value
          if before % 7 == 0 then sleep(0) end
          value.value = before + 1
          lock:release()
        end
      end)
    end
    for _, process in ipairs(processes) do process:join() end
    equal(value.value, 800)
  end
end

-- The effect of an owner's end, when it has exited and when it was lost, on an acquisition and on a hold.
local taken, free, abandoned = { nil, "timeout" }, { true }, { true, "abandoned" }
local owned = {
  { make = mp.Lock, acquire = { left = taken, lost = abandoned } },
  { make = mp.RLock, acquire = { left = abandoned, lost = abandoned } },
  { make = mp.Semaphore, acquire = { left = taken, lost = taken } },
  { make = mp.BoundedSemaphore, acquire = { left = taken, lost = taken } },
}
for _, row in ipairs(owned) do row.hold = { left = free, lost = abandoned } end

local function quiet() io.stderr = assert(io.open("/dev/null", "w")) end

function cases.test_ownership_of_processes()
  local endings = {
    left = { "return 1", "os.exit()", "os.exit(0)", "os.exit(true)", "io.stderr:close() os.exit(true, true)" },
    lost = { "error 'x'", "os.exit(3)", "os.exit(false)", "os.exit 'x'", "os.execute 'kill -9 $PPID'", "os.execute 'kill $PPID'" },
  }
  for _, row in ipairs(owned) do
    for _, way in ipairs { "acquire", "hold" } do
      for ending, texts in pairs(endings) do
        for _, text in ipairs(texts) do
          local lock = row.make()
          start(function()
            quiet()
            HELD = lock[way](lock)
            load(text)()
          end):join()
          equal({ lock:acquire(false) }, row[way][ending], tostring(lock) .. way .. text)
          if lock:acquire(false) then assert(row.make == mp.RLock) end
        end
      end
    end
  end
end

function cases.test_ownership_of_tasks()
  local endings = { left = function() return 2 end, lost = function() error "x" end }
  for _, row in ipairs(owned) do
    for _, way in ipairs { "acquire", "hold" } do
      for ending, finish in pairs(endings) do
        local lock, other = row.make(), mp.Lock()
        local pool <close> = mp.Pool { processes = 1, initializer = function() other:acquire() end }
        pcall(pool.map, pool, function(item)
          if item == 2 then
            HELD = lock[way](lock)
            finish()
          end
          return item
        end, { 1, 2, 3 }, 3)
        equal({ lock:acquire(false) }, row[way][ending], tostring(lock) .. way .. ending)
        equal({ other:acquire(false) }, taken) -- it is the worker's
      end
    end
  end
end

-- A lost holder is found by any process that asks, also without waiting, and though no process has joined it.
function cases.test_lock_abandoned_and_nobody_joins()
  local lock = mp.Lock()
  local holder = start(function()
    lock:acquire()
    os.execute "kill -9 $PPID"
  end)
  soon(function() return lock:locked() end)
  soon(function() return select(2, lock:acquire(false)) == "abandoned" end)
  holder:join()
end

-- A release ends the process's own acquisition first, then its own hold, and then, of a Lock, any other; a semaphore counts up.
function cases.test_release_order()
  local lock, rlock, semaphore = mp.Lock(), mp.RLock(), mp.Semaphore(2)
  do
    local held <close> = lock:hold()
    lock:release()
    equal(lock:locked(), false)
  end
  equal(lock:locked(), false)
  do
    local held <close> = rlock:hold()
    rlock:acquire()
    rlock:release()
    equal(rlock:locked(), true)
    rlock:release()
    equal(rlock:locked(), false)
  end
  equal(rlock:locked(), false)
  do
    local held <close> = semaphore:hold()
    semaphore:release()
    equal(semaphore:get_value(), 2)
  end
  equal(semaphore:get_value(), 3)
  do
    local held <close> = lock:hold()
    ended(function() lock:release() end)
    equal({ ended(function() return lock:acquire(false) end) }, { true })
    equal(lock:locked(), true)
  end
  equal(lock:locked(), true) -- what the hold had was given back, and somebody else has it
  lock:release()
  raises("once a time, not 2 times", rlock.release, rlock, 2)
end

-- A fork does not hold the locks that its parent holds.
function cases.test_holds_and_forks()
  for _, lock in ipairs { mp.Lock(), mp.RLock(), mp.Semaphore() } do
    local child
    do
      local held <close> = lock:hold()
      child = mp.fork()
    end
    if child == 0 then os.exit(0) end
    for _, each in ipairs(mp.active_children()) do each:join() end
    equal({ lock:acquire(false) }, { true })
    equal({ ended(function() return lock:acquire(false) end) }, taken)
    lock:release()
    do
      local held <close> = lock:hold()
      local process = start(function()
        getmetatable(held).__close(held)
        return lock:acquire(false)
      end)
      equal({ process:result() }, taken)
    end
  end
end

-- An acquisition of a semaphore has no owner: any process may acquire any number, and any process may release them.
function cases.test_semaphore_of_many()
  local semaphore = mp.Semaphore(50000)
  ended(function() for _ = 1, 50000 do semaphore:acquire() end end)
  equal(semaphore:get_value(), 0)
  semaphore:release(40000)
  equal(semaphore:get_value(), 40000)
  raises("too many times", semaphore.release, semaphore, math.maxinteger)
  equal(semaphore:get_value(), 40000)
end

--- Locks that other processes release than those that have acquired them, in turns.
function cases.test_readers_and_writers()
  for _, make in ipairs { mp.Semaphore, mp.Lock } do
    local mutex, room, readers, inside, left = make(), make(), mp.Value("i", 0), mp.Semaphore(0), mp.Semaphore(0)
    local order = mp.Queue()
    local function reader(name)
      mutex:acquire()
      if readers:add(1) == 1 then room:acquire() end
      mutex:release()
      order:put(name .. " reads")
      inside:release()
      left:acquire()
      mutex:acquire()
      if readers:add(-1) == 0 then room:release() end
      mutex:release()
    end
    local first, second = start(reader, "first"), start(reader, "second")
    inside:acquire()
    inside:acquire()
    local writer = start(function()
      room:acquire()
      order:put "writer"
      room:release()
    end)
    left:release()
    soon(function() return readers.value == 1 end)
    mp.wait { first.sentinel, second.sentinel }
    asleep(writer)
    equal(order:qsize(), 2)
    left:release()
    writer:join()
    equal(order:qsize(), 3)
    for _, process in ipairs { first, second } do process:join() end
  end
end

function cases.test_lock_abandoned_while_others_wait()
  local lock, held, reasons = mp.Lock(), mp.Event(), mp.Queue()
  local holder = start(function()
    lock:acquire()
    held:set()
    sleep(1000)
  end)
  held:wait()
  local waiting = {}
  for place = 1, 3 do
    waiting[place] = start(function()
      local _, reason = lock:acquire()
      reasons:put(reason or "free")
      lock:release()
    end)
  end
  asleep(table.unpack(waiting))
  holder:kill()
  local got = { reasons:get(), reasons:get(), reasons:get() }
  table.sort(got)
  equal(got, { "abandoned", "free", "free" })
end

-- ---- Semaphore ----

local function check_semaphore(semaphore)
  equal(semaphore:get_value(), 2)
  equal(semaphore:acquire(), true)
  equal(semaphore:get_value(), 1)
  equal(semaphore:acquire(), true)
  equal(semaphore:get_value(), 0)
  equal({ semaphore:acquire(false) }, { nil, "timeout" })
  semaphore:release()
  equal(semaphore:get_value(), 1)
  semaphore:release()
  equal(semaphore:get_value(), 2)
end

function cases.test_semaphore()
  local semaphore = mp.Semaphore(2)
  check_semaphore(semaphore)
  semaphore:release()
  equal(semaphore:get_value(), 3)
  semaphore:release()
  equal(semaphore:get_value(), 4)
  semaphore:release(3)
  equal(semaphore:get_value(), 7)
  equal(tostring(semaphore), "Semaphore(7)")
end

function cases.test_bounded_semaphore()
  local semaphore = mp.BoundedSemaphore(2)
  check_semaphore(semaphore)
  raises("too many times", semaphore.release, semaphore)
  equal(semaphore:get_value(), 2)
  raises("1 or more", mp.BoundedSemaphore, 0)
  raises("0 or more", mp.Semaphore, -1)
  raises("an integer", mp.Semaphore, 0.5)
end

function cases.test_timeout()
  local semaphore = mp.Semaphore(0)
  equal({ semaphore:acquire(false) }, { nil, "timeout" })
  equal({ semaphore:acquire(false, nil) }, { nil, "timeout" })
  equal({ semaphore:acquire(false, 0.01) }, { nil, "timeout" })
  local before = expect.clock()
  equal({ semaphore:acquire(true, 0.05) }, { nil, "timeout" })
  equal({ semaphore:acquire(0.05) }, { nil, "timeout" })
  assert(expect.clock() - before >= 0.1)
end

-- Tokens that one process releases and another acquires are no locks: they are not released when the second one ends.
function cases.test_semaphore_counts_signals()
  local semaphore = mp.Semaphore(0)
  semaphore:release(5)
  for left = 4, 2, -1 do
    ended(function() semaphore:acquire() end)
    equal(semaphore:get_value(), left)
  end
  equal({ semaphore:acquire() }, { true })
end

function cases.test_semaphore_limits()
  local semaphore, inside, most = mp.Semaphore(3), mp.Value("i", 0), mp.Value("i", 0)
  local processes = {}
  for place = 1, 8 do
    processes[place] = start(function()
      for _ = 1, 20 do
        semaphore:with(function()
          local now = inside:add(1)
          most:with(function() if now > most.value then most.value = now end end)
          inside:add(-1)
        end)
      end
    end)
  end
  for _, process in ipairs(processes) do process:join() end
  assert(most.value >= 1 and most.value <= 3, most.value)
  equal(semaphore:get_value(), 3)
end

-- ---- Condition ----

function cases.test_condition_of_an_abandoned_lock()
  local condition = mp.Condition()
  condition:acquire()
  local process = mp.Process(function()
    condition:acquire()
    condition:notify()
    require("_multiprocessing").kill(mp.getpid(), 9)
  end)
  process:start()
  equal({ condition:wait(10) }, { true, "abandoned" })
  process:join()
  process = mp.Process(function()
    condition:acquire()
    require("_multiprocessing").kill(mp.getpid(), 9)
  end)
  process:start()
  equal({ condition:wait(0.2) }, { nil, "timeout", "abandoned" })
  process:join()
  condition:release()
end

--- `count` processes that sleep on a condition; each puts "woken" or "timeout" into the queue.
local function sleepers(count, condition, timeout)
  local sleeping, woken, processes = mp.Semaphore(0), mp.Queue(), {}
  for place = 1, count do
    processes[place] = start(function()
      condition:acquire()
      sleeping:release()
      local notified, reason = condition:wait(timeout)
      condition:release()
      woken:put(notified and "woken" or reason)
    end)
  end
  for _ = 1, count do sleeping:acquire() end
  condition:with(function() end) -- all have given the lock back, so they wait
  return woken, processes
end

function cases.test_notify()
  local condition = mp.Condition()
  local woken, processes = sleepers(2, condition)
  equal(woken:empty(), true)
  condition:with(function() equal(condition:notify(), 1) end)
  equal(woken:get(), "woken")
  local ended = mp.wait(processes)
  asleep(ended[1] == processes[1] and processes[2] or processes[1])
  equal(woken:empty(), true)
  condition:with(function() equal(condition:notify(), 1) end)
  equal(woken:get(), "woken")
  condition:with(function() equal(condition:notify(), 0) end)
end

-- A notification of a process that is lost before it has the lock again passes to another.
function cases.test_notifications_of_the_lost()
  local condition, woken = mp.Condition(), mp.Queue()
  local processes = {}
  for place = 1, 5 do
    local sleeping = mp.Semaphore(0)
    processes[place] = start(function()
      condition:acquire()
      sleeping:release()
      equal(condition:wait(), true)
      woken:put(place)
      condition:release()
    end)
    sleeping:acquire()
    condition:with(function() end)
  end
  -- One is killed before it can wake up, and one when it waits for the lock.
  expect.stop(processes[1])
  condition:acquire()
  equal(condition:notify(2), 2)
  asleep(processes[2])
  for place = 1, 2 do processes[place]:kill() end
  for place = 1, 2 do processes[place]:join() end
  condition:release()
  local got = { woken:get(), woken:get() } -- whoever of the others comes first
  condition:with(function() equal(condition:notify(7), 1) end)
  got[3] = woken:get()
  table.sort(got)
  equal(got, { 3, 4, 5 })
end

-- A wait releases, and acquires again, all acquisitions and holds.
function cases.test_condition_in_a_hold()
  for _, lock in ipairs { mp.Lock(), mp.RLock() } do
    local condition = mp.Condition(lock)
    do
      local held <close> = condition:hold()
      if getmetatable(lock) == getmetatable(mp.RLock()) then lock:acquire() end
      local process = start(function() condition:with(function() condition:notify() end) end)
      equal({ condition:wait() }, { true })
      process:join()
      equal({ condition:wait(0.001) }, { nil, "timeout" })
      if getmetatable(lock) == getmetatable(mp.RLock()) then lock:release() end
      equal(lock:locked(), true)
    end
    equal(lock:locked(), false)
  end
end

function cases.test_notify_all()
  local condition = mp.Condition()
  local timed = sleepers(3, condition, 0.05)
  for _ = 1, 3 do equal(timed:get(), "timeout") end
  local woken = sleepers(6, condition)
  condition:with(function() equal(condition:notify_all(), 6) end)
  for _ = 1, 6 do equal(woken:get(), "woken") end
  condition:with(function() equal(condition:notify_all(), 0) end)
end

function cases.test_notify_n()
  local condition = mp.Condition()
  local woken = sleepers(6, condition)
  condition:with(function() equal(condition:notify(2), 2) end)
  for _ = 1, 2 do equal(woken:get(), "woken") end
  condition:with(function() equal(condition:notify(4), 4) end)
  for _ = 1, 4 do equal(woken:get(), "woken") end
  condition:with(function() equal(condition:notify(3), 0) end)
  equal(woken:empty(), true)
end

function cases.test_condition_timeout()
  local condition = mp.Condition()
  condition:acquire()
  local before = expect.clock()
  equal({ condition:wait(0.05) }, { nil, "timeout" })
  assert(expect.clock() - before >= 0.05)
  equal({ condition:wait(0) }, { nil, "timeout" })
  equal({ condition:wait(false) }, { nil, "timeout" })
  condition:release()
  raises("does not hold", condition.wait, condition)
  raises("does not hold", condition.wait, condition, 0.1)
  raises("does not hold", condition.notify, condition)
  raises("does not hold", condition.notify_all, condition)
end

function cases.test_waitfor()
  local condition, state = mp.Condition(), mp.Value("i", -1)
  local process = start(function()
    condition:with(function()
      state.value = 0
      condition:notify()
      assert(condition:wait_for(function() return state.value == 4 end))
    end)
  end)
  condition:with(function()
    assert(condition:wait_for(function() return state.value == 0 end))
  end)
  for _ = 1, 4 do
    asleep(process)
    condition:with(function()
      state.value = state.value + 1
      condition:notify()
    end)
  end
  process:join()
  equal(process.exitcode, 0)
end

function cases.test_waitfor_timeout()
  local condition = mp.Condition()
  condition:acquire()
  local before = expect.clock()
  equal(condition:wait_for(function() return false end, 0.05), false)
  assert(expect.clock() - before >= 0.05)
  equal(condition:wait_for(function() return 7 end, 0.05), 7)
  equal(condition:wait_for(function() return false end, false), false)
  raises("wait_for(predicate): predicate is a function, not a nil", condition.wait_for, condition, nil)
  raises("a timeout is a number of seconds", condition.wait_for, condition, print, "x")
  condition:release()
  raises("with(f, …): f is a function, not a nil", condition.with, condition)
end

function cases.test_wait_result()
  local condition = mp.Condition()
  condition:acquire()
  equal(condition:wait(0), nil)
  start(function() condition:with(function() condition:notify() end) end)
  equal(condition:wait(20), true)
  condition:release()
end

function cases.test_condition_of_a_lock()
  for _, lock in ipairs { mp.Lock(), mp.RLock() } do
    local condition = mp.Condition(lock)
    local woken, processes = sleepers(2, condition)
    lock:acquire()
    condition:notify_all()
    asleep(table.unpack(processes))
    equal(woken:empty(), true)
    lock:release()
    equal({ woken:get(), woken:get() }, { "woken", "woken" })
  end
  raises("a condition's lock", mp.Condition, mp.Event())
end

function cases.test_condition_with_a_lock_held_three_times()
  local lock = mp.RLock()
  local condition = mp.Condition(lock)
  for _ = 1, 3 do lock:acquire() end
  start(function() condition:with(function() condition:notify() end) end)
  equal(condition:wait(20), true)
  for _ = 1, 3 do lock:release() end
  raises("does not hold", lock.release, lock)
end

function cases.test_condition_killed_sleepers()
  local condition, ready, woken = mp.Condition(), mp.Semaphore(0), mp.Queue()
  local processes = {}
  for place = 1, 6 do
    processes[place] = start(function()
      condition:acquire()
      ready:release()
      condition:wait()
      condition:release()
      woken:put(place)
    end)
  end
  for _ = 1, 6 do ready:acquire() end
  condition:with(function() end)
  for place = 1, 4 do processes[place]:kill() end
  for place = 1, 4 do processes[place]:join() end
  condition:with(function() equal(condition:notify(2), 2) end)
  local got = { woken:get(), woken:get() }
  table.sort(got)
  equal(got, { 5, 6 })
end

-- ---- Event ----

function cases.test_event()
  local event = mp.Event()
  equal(event:is_set(), false)
  equal({ event:wait(0) }, { nil, "timeout" })
  equal({ event:wait(false) }, { nil, "timeout" })
  equal({ event:wait(0.01) }, { nil, "timeout" })
  equal(tostring(event), "Event(unset)")
  event:set()
  equal(event:is_set(), true)
  equal(event:wait(), true)
  equal(event:wait(0), true)
  event:set()
  equal(tostring(event), "Event(set)")
  event:clear()
  equal(event:is_set(), false)
  start(function()
    asleep(mp.parent_process().pid)
    event:set()
  end)
  equal(event:wait(), true)
end

function cases.test_event_wakes_all()
  local event, processes = mp.Event(), {}
  for place = 1, 50 do processes[place] = start(function() return event:wait() end) end
  asleep(table.unpack(processes))
  event:set()
  for _, process in ipairs(processes) do equal(process:result(), true) end
end

-- ---- Barrier ----

--- The results of `f(place)` in `count` processes, this one not among them.
local function parties(count, f)
  local processes, results = {}, {}
  for place = 1, count do processes[place] = start(function() return f(place) end) end
  for place = 1, count do results[place] = table.pack(processes[place]:result()) end
  return results
end

function cases.test_barrier()
  local barrier, arrived = mp.Barrier(5), mp.Value("i", 0)
  for _, result in ipairs(parties(5, function()
    arrived:add(1)
    barrier:wait()
    return arrived.value
  end)) do equal(result[1], 5) end
  equal(barrier.n_waiting, 0)
  equal(barrier.parties, 5)
  equal(barrier.broken, false)
end

function cases.test_barrier_10()
  local barrier, counts = mp.Barrier(5), mp.Array("i", 10)
  parties(5, function()
    for round = 1, 10 do
      counts:add(round, 1)
      barrier:wait()
      assert(counts[round] == 5)
      barrier:wait()
    end
  end)
end

function cases.test_barrier_wait_return()
  local barrier = mp.Barrier(5)
  local places = {}
  for _, result in ipairs(parties(5, function() return barrier:wait() end)) do places[#places + 1] = result[1] end
  table.sort(places)
  equal(places, { 0, 1, 2, 3, 4 })
end

function cases.test_barrier_action()
  local calls = mp.Value("i", 0)
  local barrier = mp.Barrier(5, function() calls:add(1) end)
  for _, result in ipairs(parties(5, function()
    barrier:wait()
    return calls.value
  end)) do equal(result[1], 1) end
end

function cases.test_barrier_action_that_raises()
  local barrier = mp.Barrier(2, function() error("no action", 0) end)
  local other = start(function() return barrier:wait() end)
  soon(function() return barrier.n_waiting == 1 end)
  raises("no action", barrier.wait, barrier)
  equal(table.pack(other:result()), { nil, "broken", n = 2 })
  equal(barrier.broken, true)
end

function cases.test_barrier_abort()
  local barrier = mp.Barrier(5)
  local results = parties(5, function(place)
    if place == 3 then
      soon(function() return barrier.n_waiting == 4 end)
      barrier:abort()
      return "aborted"
    end
    return barrier:wait()
  end)
  for place = 1, 5 do
    if place ~= 3 then equal(results[place], { nil, "broken", n = 2 }) end
  end
  equal(barrier.broken, true)
  equal({ barrier:wait() }, { nil, "broken" })
end

function cases.test_barrier_reset()
  local barrier, again = mp.Barrier(5), mp.Barrier(5)
  local results = parties(5, function(place)
    local first
    if place == 3 then
      soon(function() return barrier.n_waiting == 4 end)
      barrier:reset()
    else
      first = select(2, barrier:wait())
    end
    again:wait()
    return first, barrier:wait()
  end)
  local broken = 0
  for _, result in ipairs(results) do
    if result[1] == "broken" then broken = broken + 1 end
    equal(math.type(result[2]), "integer")
  end
  equal(broken, 4)
  equal(barrier.broken, false)
end

function cases.test_barrier_abort_and_reset()
  local barrier, again = mp.Barrier(5), mp.Barrier(5)
  local results = parties(5, function(place)
    local first
    if place == 3 then
      soon(function() return barrier.n_waiting == 4 end)
      barrier:abort()
    else
      first = select(2, barrier:wait())
    end
    if again:wait() == 4 then barrier:reset() end
    again:wait()
    return first, barrier:wait()
  end)
  local broken = 0
  for _, result in ipairs(results) do
    if result[1] == "broken" then broken = broken + 1 end
    equal(math.type(result[2]), "integer")
  end
  equal(broken, 4)
end

function cases.test_barrier_timeout()
  local barrier = mp.Barrier(5)
  local results = parties(4, function(place) return barrier:wait(place == 2 and 0.05 or nil) end)
  for _, result in ipairs(results) do equal(result, { nil, "broken", n = 2 }) end
  equal(barrier.broken, true)
end

function cases.test_barrier_default_timeout()
  local barrier = mp.Barrier(5, nil, 0.05)
  for _, result in ipairs(parties(4, function() return barrier:wait() end)) do
    equal(result, { nil, "broken", n = 2 })
  end
end

-- A process that waits at the barrier and does not find out before `meanwhile` has returned.
local function late(barrier, meanwhile)
  local process = start(function() return barrier:wait() end)
  asleep(process)
  expect.stop(process)
  meanwhile()
  os.execute("kill -CONT " .. process.pid)
  return table.pack(process:result())
end

function cases.test_barrier_broken_again_before_a_waiter_knows()
  for _, again in ipairs {
    function(barrier) barrier:abort() end,
    function(barrier) barrier:reset() barrier:abort() end,
    function(barrier) barrier:reset() equal({ barrier:wait(false) }, { nil, "broken" }) barrier:reset() end,
    function(barrier) for _ = 1, 100 do barrier:reset() barrier:abort() end end,
  } do
    local barrier = mp.Barrier(2)
    equal(late(barrier, function() barrier:abort() again(barrier) end), { nil, "broken", n = 2 })
  end
end

function cases.test_barrier_broken_after_it_was_passed()
  local barrier = mp.Barrier(2)
  equal(late(barrier, function()
    equal(barrier:wait(), 1)
    barrier:abort()
    barrier:reset()
    barrier:abort()
  end), { 0, n = 1 })
end

function cases.test_barrier_reset_during_its_action()
  local barrier
  local first = true
  barrier = mp.Barrier(2, function()
    if first then barrier:reset() end
    first = false
  end)
  local other = start(function() return table.pack(barrier:wait()), barrier:wait() end)
  asleep(other)
  equal({ barrier:wait() }, { nil, "broken" })
  soon(function() return barrier.n_waiting == 1 end)
  equal(barrier:wait(), 1)
  equal(table.pack(other:result()), { { nil, "broken", n = 2 }, 0, n = 2 })
end

function cases.test_barrier_single_thread()
  local barrier = mp.Barrier(1)
  equal(barrier:wait(), 0)
  equal(barrier:wait(), 0)
  raises("1 party or more", mp.Barrier, 0)
end

function cases.test_barrier_thousand()
  local barrier, sum = mp.Barrier(5), mp.Value("q", 0)
  parties(5, function()
    for _ = 1, 1000 do sum:add(barrier:wait()) end
  end)
  equal(sum.value, 10 * 1000)
end

function cases.test_barrier_broken_by_a_death()
  local barrier = mp.Barrier(4)
  local dying = start(function() barrier:wait() end)
  local others = { start(function() return barrier:wait() end), start(function() return barrier:wait() end) }
  soon(function() return barrier.n_waiting == 3 end)
  dying:kill()
  for _, other in ipairs(others) do equal(table.pack(other:result()), { nil, "broken", n = 2 }) end
  equal({ barrier:wait() }, { nil, "broken" })
end

function cases.test_misuse()
  raises("with a colon", mp.Lock().acquire)
  raises("a timeout is", function() mp.Lock():acquire("soon") end)
  raises("an integer", mp.Barrier, "x")
end

expect.main()
