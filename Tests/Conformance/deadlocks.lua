--- Deadlocks, which are reported, with status 3, and waits that only look like one, which are not.
local expect = require "cases"
local cases = expect.cases
local mp = require "multiprocessing"
local equal, raises, soon, sleep = expect.equal, expect.raises, expect.soon, expect.sleep
local start = expect.start

--! status 3
--! errors pmap: deadlock: every process waits for another one\npmap:   MainProcess (pid N) waits for Process-1 to end at deadlocks.lua:‹…›\npmap:   Process-1 (pid N) waits for a lock that Process-2 holds at deadlocks.lua:‹…›\npmap:   Process-2 (pid N) waits for a lock that Process-1 holds at deadlocks.lua:‹…›\n
function cases.two_locks_in_opposite_order()
  local first, second, barrier = mp.Lock(), mp.Lock(), mp.Barrier(2)
  local function both(a, b)
    a:acquire()
    barrier:wait()
    b:acquire()
  end
  local one, two = start(both, first, second), start(both, second, first)
  one:join()
  two:join()
end

--! status 3
--! errors pmap: deadlock: ‹…›MainProcess (pid N) waits for an empty queue at deadlocks.lua:‹…›
function cases.a_queue_that_nobody_fills() mp.Queue():get() end

--! status 3
--! errors pmap: deadlock: ‹…›MainProcess (pid N) waits for an empty queue at deadlocks.lua:‹…›
function cases.a_program_that_has_ended_and_that_nobody_asks()
  local program = require("subprocess").Popen { "true" }
  mp.Queue():get()
  program:wait()
end

--! status 3
--! errors pmap: deadlock: ‹…›Process-1 (pid N) waits for an empty queue at deadlocks.lua:‹…›
function cases.a_child_that_was_killed_and_that_nobody_joins()
  local queue = mp.Queue()
  local waiting = start(function() print(queue:get()) end)
  start(function() os.execute "kill -9 $PPID" end)
  waiting:join()
end

--! status 3
--! errors pmap: deadlock: ‹…›MainProcess (pid N) waits for room in a queue of 1 at deadlocks.lua:‹…›
function cases.a_queue_that_nobody_empties()
  local queue = mp.Queue(1)
  queue:put(1)
  queue:put(2)
end

--! status 3
--! errors pmap: deadlock: ‹…›MainProcess (pid N) waits for a queue's items to be done at deadlocks.lua:‹…›
function cases.items_that_are_never_done()
  local queue = mp.JoinableQueue()
  queue:put(1)
  queue:join()
end

--! status 3
--! errors pmap: deadlock: ‹…›MainProcess (pid N) waits for a lock that MainProcess holds at deadlocks.lua:‹…›
function cases.a_lock_taken_twice()
  local lock = mp.Lock()
  lock:acquire()
  lock:acquire()
end

--! status 3
--! errors pmap: Process-1 ended while it held the lock\npmap: deadlock: ‹…›MainProcess (pid N) waits for a lock that Process-1 held when it ended at deadlocks.lua:‹…›
function cases.a_lock_whose_holder_has_left()
  local lock = mp.Lock()
  start(function() lock:acquire() end):join()
  lock:acquire()
end

--! status 3
--! errors pmap: deadlock: ‹…›MainProcess (pid N) waits for a semaphore that was acquired last by Process-2, MainProcess, Process-1 at deadlocks.lua:‹…›
function cases.a_semaphore_that_nobody_releases()
  local semaphore = mp.Semaphore(4)
  start(function() semaphore:acquire() end):join()
  semaphore:acquire()
  start(function() semaphore:acquire() semaphore:acquire() end):join()
  semaphore:acquire()
end

--! status 3
--! errors pmap: deadlock: ‹…›waits for a condition to be notified at deadlocks.lua:‹…›
function cases.a_condition_that_nobody_notifies()
  local condition = mp.Condition()
  condition:acquire()
  condition:wait()
end

--! status 3
--! errors pmap: deadlock: ‹…›waits for an event to be set at deadlocks.lua:‹…›
function cases.an_event_that_nobody_sets() mp.Event():wait() end

--! status 3
--! errors pmap: deadlock: ‹…›waits at a barrier, 1 of 2 there at deadlocks.lua:‹…›
function cases.a_barrier_that_nobody_else_reaches() mp.Barrier(2):wait() end

--! status 3
--! errors pmap: deadlock: ‹…›waits for a pipe at deadlocks.lua:‹…›
function cases.a_pipe_that_nobody_sends_through()
  local a, b = mp.Pipe()
  a:recv()
end

--! status 3
--! errors pmap: deadlock: ‹…›
function cases.a_child_that_waits_for_its_parent()
  local queue = mp.Queue()
  start(function() queue:get() end):join()
end

--! status 3
--! errors pmap: deadlock: ‹…›
function cases.left_at_the_end_of_the_script()
  local queue = mp.Queue()
  start(function() queue:get() end)
end

--! status 3
--! errors pmap: deadlock: ‹…›
function cases.with_an_idle_pool()
  local pool <close> = mp.Pool(2)
  pool:map(tostring, { 1 })
  mp.Queue():get()
end

--! status 3
--! errors pmap: deadlock: ‹…›
function cases.tasks_that_wait_for_one_another()
  local pool <close> = mp.Pool(2)
  local barrier = mp.Barrier(3)
  pool:map(function() barrier:wait() end, { 1, 2, 3 }, 1)
end

-- Processes that wait for a request, such as an idle worker or a manager, are not in a report.
function cases.the_end_of_the_script_and_helpers()
  local output, status = expect.script [[
    local mp = require "multiprocessing"
    local manager, pool, queue = mp.Manager(), mp.Pool(2), mp.Queue()
    manager:list()
    pool:map(tostring, { 1 })
    mp.Process(function()
      local child = mp.Process(function() queue:get() end)
      child:start()
    end):start()]]
  output = output:gsub("pid %d+", "pid N"):gsub("/tmp/lua_%w+", "SCRIPT")
  equal(output, [[
pmap: deadlock: every process waits for another one
pmap:   MainProcess (pid N) waits for Process-2 to end at the script's end
pmap:   Process-2 (pid N) waits for Process-2:Process-1 to end at the end of its function
pmap:   Process-2:Process-1 (pid N) waits for an empty queue at SCRIPT:6
]])
  equal(status, 3)
end

--! errors pmap: processes wait for each other in a circle, while others go on\npmap:   Process-1 (pid N) waits for a lock that Process-2 holds at deadlocks.lua:‹…›\npmap:   Process-2 (pid N) waits for a lock that Process-1 holds at deadlocks.lua:‹…›\n
function cases.a_circle_of_locks_while_others_go_on()
  local first, second, barrier = mp.Lock(), mp.RLock(), mp.Barrier(2)
  local function both(a, b)
    a:acquire()
    barrier:wait()
    b:acquire()
  end
  local one, two = start(both, first, second), start(both, second, first)
  repeat one:join(0.01) until expect.said "waits for a lock that Process-1 holds"
  first:release() -- which anybody may
  one:join()
  two:join()
end

--! errors pmap: processes wait for each other in a circle, while others go on\npmap:   Process-1 (pid N) waits for ‹…›-1 to end at ‹…›\npmap:   Process-1:Process-1 (pid N) waits for a lock that Process-1 holds at ‹…›\n
function cases.a_circle_of_a_lock_and_a_join()
  local lock = mp.Lock()
  local process = start(function()
    local held <close> = lock:hold()
    start(function() lock:acquire() end):join()
  end)
  repeat equal({ process:join(0.01) }, { nil, "timeout" }) until expect.said "waits for a lock that Process-1 holds"
  process:kill()
  process:join()
end

function cases.locks_given_back_in_time()
  local first, second, barrier = mp.Lock(), mp.Lock(), mp.Barrier(2)
  local one = start(function()
    first:acquire()
    barrier:wait()
    equal(second:acquire(), true)
  end)
  local two = start(function()
    second:acquire()
    barrier:wait()
    equal({ first:acquire(2.6) }, { nil, "timeout" })
    second:release()
  end)
  for _ = 1, 40 do one:join(0.1) end
  two:join()
end

function cases.join_on_itself()
  raises("not a child", function() mp.current_process():join() end)
  start(function() raises("not a child", function() mp.current_process():join() end) end):join()
end

-- ---- No deadlocks ----

--! errors pmap: Process-1 ended while it held the lock\n
function cases.a_lock_that_another_process_releases()
  local lock = mp.Lock()
  start(function() lock:acquire() end):join()
  equal({ lock:acquire(1.2) }, { nil, "timeout" })
  start(function()
    sleep(1.5)
    soon(function() return expect.said "Process-1 ended" end)
    lock:release()
  end)
  equal({ lock:acquire() }, { true })
end

function cases.molecules_one_after_the_other()
  local hydrogen, oxygen, atoms = mp.Semaphore(2), mp.Semaphore(0), mp.Queue()
  start(function()
    for _ = 1, 6 do
      hydrogen:acquire()
      atoms:put "H"
      oxygen:release()
    end
  end)
  start(function()
    sleep(2.2)
    for _ = 1, 3 do
      oxygen:acquire()
      oxygen:acquire()
      atoms:put "O"
      hydrogen:release(2)
    end
  end)
  local made = {}
  for place = 1, 9 do made[place] = atoms:get() end
  equal(table.concat(made), "HHOHHOHHO")
end

function cases.a_slow_worker()
  local pool <close> = mp.Pool(1)
  equal(pool:map(function(x)
    sleep(2.5)
    return x
  end, { 1 }), { 1 })
end

function cases.a_worker_that_computes()
  local queue = mp.Queue()
  start(function()
    local till = os.time() + 3
    while os.time() < till do end
    queue:put(1)
  end)
  equal(queue:get(), 1)
end

function cases.a_process_that_reads_a_pipe()
  local queue = mp.Queue()
  start(function()
    local program <close> = io.popen "sleep 2.5; echo done"
    queue:put(program:read())
  end)
  equal(queue:get(), "done")
end

function cases.a_process_in_a_program()
  local event = mp.Event()
  start(function()
    os.execute "sleep 2.5"
    event:set()
  end)
  equal(event:wait(), true)
end

function cases.a_wait_with_a_timeout()
  local queue = mp.Queue()
  start(function()
    queue:get(2.5)
    queue:put(1)
    sleep(0.1)
  end)
  equal(mp.Queue():get(2.2), nil)
  equal(queue:get(), 1)
end

function cases.a_stopped_process()
  local event, is_stopped = mp.Event(), mp.Value("i", 0)
  local process = start(function()
    soon(function() return is_stopped.value == 1 end)
    event:set()
  end)
  expect.stop(process)
  is_stopped.value = 1
  start(function() os.execute("sleep 2.5; kill -CONT " .. process.pid) end)
  equal(event:wait(), true)
end

-- A process that is stopped while it waits for an item, which is then put, was woken and will answer.
function cases.a_process_stopped_in_a_wait()
  local questions, answers = mp.Queue(), mp.Queue()
  local process = start(function() answers:put(questions:get()) end)
  expect.asleep(process)
  expect.stop(process)
  os.execute("sh -c 'sleep 2.5; kill -CONT " .. process.pid .. "' &")
  questions:put(7)
  equal(answers:get(), 7)
end

function cases.detection_can_be_switched_off()
  local output, status = expect.script [[
    local mp = require "multiprocessing"
    mp.set_deadlock_detection(false)
    os.execute("sh -c 'sleep 2.5; kill -KILL " .. mp.getpid() .. "' > /dev/null 2>&1 &")
    mp.Queue():get()]]
  assert(not output:find "deadlock", output)
  assert(status == -9 or status == 137, status)
end

function cases.many_short_waits()
  local forth, back = mp.Queue(), mp.Queue()
  local process = start(function()
    for value in forth:iter() do
      sleep(0.2)
      back:put(value)
    end
  end)
  for place = 1, 15 do
    forth:put(place)
    equal(back:get(), place)
  end
  forth:put(nil)
  process:join()
end

expect.main()
