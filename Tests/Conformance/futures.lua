--- ProcessPoolExecutor, as in CPython's tests of concurrent.futures and in loky's.
local expect = require "cases"
local cases = expect.cases
local mp = require "multiprocessing"
local futures = require "concurrent.futures"
local equal, raises, soon, sleep = expect.equal, expect.raises, expect.soon, expect.sleep
local upto = expect.upto
local Executor = futures.ProcessPoolExecutor

local function pow(x, y) return x ^ y end
local function identity(x) return x end
local function exit() os.exit(1) end
local function crash() os.execute "kill -11 $PPID; sleep 9" end

local function collect(iterator)
  local list = {}
  for place, value in iterator do list[place] = value end
  return list
end

-- ---- Executor ----

function cases.test_submit()
  local executor <close> = Executor(2)
  equal(executor:submit(pow, 2, 8):result(), 256.0)
end

function cases.test_submit_arguments()
  local executor <close> = Executor(2)
  equal(executor:submit(select, "#", nil, 1, nil):result(), 3)
  equal(executor:submit(function(options) return options.y end, { x = 1, y = 2 }):result(), 2)
end

function cases.test_map()
  local executor <close> = Executor(3)
  local wanted = {}
  for place = 1, 10 do wanted[place] = (place * 1.0) ^ 2 end
  equal(collect(executor:map(function(x) return x ^ 2 end, upto(10))), wanted)
  equal(collect(executor:map(function(x) return x ^ 2 end, upto(10), { chunksize = 3 })), wanted)
  equal(collect(executor:map(identity, {})), {})
end

function cases.test_map_of_several_lists()
  local executor <close> = Executor(2)
  local function sum(...)
    local total = 0
    for _, each in ipairs { ... } do total = total + each end
    return total
  end
  equal(collect(executor:map(sum, { 1, 2, 3 }, { 10, 20, 30 })), { 11, 22, 33 })
  equal(collect(executor:map(sum, { 1, 2, 3 }, pmap.range(10, 100, 10), { 100, 200 })), { 111, 222 })
  equal(collect(executor:map(sum, { 1, 2, 3 }, { 10, 20, 30 }, { chunksize = 2, timeout = 20 })), { 11, 22, 33 })
  equal(collect(executor:map(identity, { 1, 2 }, nil)), { 1, 2 })
  local holes = table.pack(1, nil, 3)
  equal(collect(executor:map(function(a, b) return tostring(a) .. b end, holes, { 1, 2, 3, 4 })), { "11", "nil2", "33" })
  equal(collect(executor:map(function(a, b) return a .. tostring(b) end, upto(3), holes)), { "11", "2nil", "33" })
  equal(collect(executor:map(sum, { 1, 2 }, {})), {})
  equal(collect(executor:map(sum, { 1, 2 }, {}, { buffersize = 1 })), {})
  equal(collect(executor:map(identity, { { 1 }, { 2 } }, { chunksize = 2 })), { { 1 }, { 2 } })
  raises("items are a list, an iterator or a pmap.range, not a number", executor.map, executor, sum, { 1 }, 5)
  raises("nothing at 1", executor.map, executor, sum, { a = 1 })
end

function cases.test_map_buffersize()
  local executor <close> = Executor(2)
  local read = 0
  local function items()
    read = read + 1
    return read <= 20 and read or nil
  end
  for place, value in executor:map(identity, items, { buffersize = 3, chunksize = 2 }) do
    equal(value, place)
    assert(read <= place + 3, read)
  end
  raises("buffersize is an integer of 1 or more, not 0", executor.map, executor, identity, {}, { buffersize = 0 })
end

function cases.test_map_that_nobody_reads_is_run()
  local calls = mp.Value("i", 0)
  local function count() calls:add(1) end
  do
    local executor <close> = Executor(2)
    executor:map(count, pmap.range(300))
  end
  equal(calls.value, 300)
  local executor = Executor(2)
  executor:map(count, upto(300), upto(300))
  executor:shutdown()
  equal(calls.value, 600)
  local output, status = expect.script [[
    local executor = require "concurrent.futures".ProcessPoolExecutor(2)
    executor:map(print, pmap.range(40))
    executor = nil
    collectgarbage()]]
  equal(select(2, output:gsub("\n", "\n")), 40)
  equal(status, 0)
end

function cases.test_all_results()
  local executor <close> = Executor(1)
  equal(table.pack(executor:submit(function() return nil, "no such file" end):result()), table.pack(nil, "no such file"))
  for place, first, second in executor:map(function(x) return nil, x end, { 1, 2 }) do equal({ first, second }, { nil, place }) end
end

function cases.test_futures_are_of_the_process_that_asked()
  local executor, event = Executor(1), mp.Event()
  local done, future = executor:submit(identity, 1), executor:submit(function() return event:wait() end)
  done:result()
  expect.ended(function()
    local copy <close> = executor
    for _, method in ipairs { "result", "exception", "done", "running", "cancel" } do
      raises("the future is another process's; ask for it there", future[method], future)
    end
    raises("the future is another process's", futures.wait, { future })
    raises("the future is another process's", futures.as_completed, { future })
    equal(done:result(), 1)
  end)
  event:set()
  equal(future:result(), true)
  executor:shutdown()
end

function cases.test_errors_of_futures_that_nobody_asks_for_are_told()
  local output, status = expect.script [[
    local executor = require "concurrent.futures".ProcessPoolExecutor(1)
    executor:submit(error, "lost")
    executor:submit(error, "asked"):exception()]]
  equal({ output, status }, { "pmap: nobody asked for the error of a future: lost\n", 0 })
end

function cases.test_cancel_futures_ends_iterators()
  local executor, begun, event = Executor(1), mp.Event(), mp.Event()
  local iterator = executor:map(function()
    begun:set()
    event:wait()
  end, pmap.range(100))
  begun:wait()
  executor:shutdown { cancel_futures = true, wait = false }
  event:set()
  equal(raises("the executor was shut down", function() while iterator() do end end).kind, "cancelled")
  executor:shutdown()
end

function cases.test_map_chunksize()
  local executor <close> = Executor(2)
  for _, chunksize in ipairs { 6, 50, 40 } do
    equal(collect(executor:map(identity, upto(40), { chunksize = chunksize })), upto(40))
  end
  raises("chunksize", executor.map, executor, identity, upto(3), { chunksize = -1 })
end

function cases.test_map_exception()
  local executor <close> = Executor(2)
  local iterator = executor:map(function(x) return 10 // x end, { 1, 2, 0, 5 })
  equal({ iterator() }, { 1, 10 })
  equal({ iterator() }, { 2, 5 })
  raises("attempt to ", iterator)
end

function cases.test_map_timeout()
  local executor <close> = Executor(2)
  local event, results = mp.Event(), {}
  local failure = raises("in time", function()
    for place, value in executor:map(function(x)
      if x == 3 then event:wait() end
      return x
    end, { 1, 2, 3 }, { timeout = 0.2 }) do results[place] = value end
  end)
  equal(failure.kind, "timeout")
  equal(results, { 1, 2 })
  event:set()
end

function cases.test_shutdown_race_issue12456()
  local executor = Executor(2)
  executor:map(tostring, upto(20))
  executor:shutdown()
end

function cases.test_no_stale_references()
  local executor <close> = Executor(2)
  local kept = setmetatable({}, { __mode = "k" })
  do
    local argument = { 1 }
    kept[argument] = true
    equal(executor:submit(function(x) return x[1] end, argument):result(), 1)
  end
  executor:submit(identity, 1):result()
  collectgarbage()
  collectgarbage()
  equal(next(kept), nil)
end

function cases.test_max_workers_negative()
  for _, bad in ipairs { 0, -1, 1.5, "2" } do
    raises("max_workers", Executor, bad)
    raises("max_workers", Executor, { max_workers = bad })
  end
end

function cases.test_unknown_options()
  raises("ProcessPoolExecutor has no option max_worker; there are max_workers", Executor, { max_worker = 2 })
  raises("write ProcessPoolExecutor(7), or", Executor, { 7 })
  local executor <close> = Executor(1)
  raises("map has no option chunksiz; there are chunksize, timeout", executor.map, executor, identity, { 1 }, { chunksiz = 1 })
  raises("shutdown has no option cancel_future; there are", executor.shutdown, executor, { cancel_future = true })
  raises("the options of shutdown are a table, { wait = … }", executor.shutdown, executor, 5)
end

function cases.test_threads()
  raises("ProcessPoolExecutor", futures.ThreadPoolExecutor)
end

function cases.test_free_reference()
  local executor <close> = Executor(2)
  local kept = setmetatable({}, { __mode = "k" })
  for _, value in executor:map(function(x) return { x } end, upto(20)) do kept[value] = true end
  collectgarbage()
  collectgarbage()
  equal(next(kept), nil)
end

-- ---- Deaths ----

function cases.test_killed_child()
  local executor <close> = Executor(2)
  local begun = mp.Queue()
  local killed = executor:submit(function()
    begun:put(mp.getpid())
    sleep(1000)
  end)
  local others = {}
  for place = 1, 20 do others[place] = executor:submit(identity, place) end
  os.execute("kill -9 " .. begun:get())
  local failure = raises("was killed by SIGKILL", killed.result, killed)
  equal(failure.kind, "crash")
  for place = 1, 20 do equal(others[place]:result(), place) end
  equal(executor:submit(pow, 2, 3):result(), 8.0)
end

function cases.test_own_exception_per_future()
  local executor <close> = Executor(2)
  local all = {}
  for place = 1, 3 do all[place] = executor:submit(error, { place }) end
  for place = 1, 3 do equal(all[place]:exception().value, { place }) end
end

function cases.test_traceback()
  local executor <close> = Executor(1)
  local failure = executor:submit(function() error "here" end):exception()
  assert(failure.traceback:find("futures.lua:", 1, true))
  assert(failure.message:find "futures.lua:%d+: here")
end

function cases.test_traceback_when_child_process_terminates_abruptly()
  local executor <close> = Executor(1)
  local future = executor:submit(function() os.exit(99) end)
  local failure = future:exception()
  equal(failure.kind, "crash")
  equal(failure.exitcode, 99)
  assert(tostring(failure):find("exited with status 99", 1, true))
end

function cases.test_ressources_gced_in_workers()
  local executor <close> = Executor(1)
  executor:submit(function()
    kept_by_test = setmetatable({}, { __mode = "k" })
    kept_by_test[{ 1 }] = true
  end):result()
  equal(executor:submit(function()
    collectgarbage()
    return next(kept_by_test) == nil
  end):result(), true)
end

function cases.test_saturation()
  local executor, gate, all = Executor(2), mp.Semaphore(0), {}
  for place = 1, 30 do all[place] = executor:submit(function() return gate:acquire() end) end
  soon(function() return #mp.active_children() == 2 end)
  gate:release(30)
  for place = 1, 30 do equal(all[place]:result(), true) end
  equal(#mp.active_children(), 2)
  executor:shutdown()
  equal(#mp.active_children(), 0)
end

function cases.test_max_tasks_per_child()
  local executor = Executor { max_workers = 1, max_tasks_per_child = 3 }
  local pids = {}
  for place = 1, 7 do pids[place] = executor:submit(mp.getpid):result() end
  equal(pids[1] == pids[2] and pids[2] == pids[3], true)
  equal(pids[3] ~= pids[4] and pids[4] == pids[5] and pids[5] == pids[6], true)
  equal(pids[6] ~= pids[7], true)
  executor:shutdown()
end

function cases.test_max_tasks_early_shutdown()
  local executor, all = Executor { max_workers = 3, max_tasks_per_child = 1 }, {}
  for place = 1, 6 do all[place] = executor:submit(identity, place) end
  executor:shutdown()
  for place = 1, 6 do equal(all[place]:result(), place) end
end

function cases.test_max_tasks_per_child_pending_tasks_gh115634()
  local executor, all = Executor { max_workers = 1, max_tasks_per_child = 2 }, {}
  for place = 1, 10 do all[place] = executor:submit(identity, place) end
  for place = 1, 10 do equal(all[place]:result(), place) end
  executor:shutdown()
end

function cases.test_shutdown_no_wait_gh119592()
  local executor, all = Executor { max_workers = 1, max_tasks_per_child = 1 }, {}
  for place = 1, 5 do all[place] = executor:submit(identity, place) end
  executor:shutdown { wait = false }
  for place = 1, 5 do equal(all[place]:result(), place) end
end

function cases.test_gc_during_max_tasks_gh152967()
  local future
  do
    local executor = Executor { max_workers = 2, max_tasks_per_child = 1 }
    for _ = 1, 10 do future = executor:submit(identity, 7) end
  end
  collectgarbage()
  collectgarbage()
  equal(future:result(), 7)
end

function cases.test_failed_worker_replacement()
  local output, status = expect.script([[
    local executor = require "concurrent.futures".ProcessPoolExecutor(200)
    print(executor:submit(require "_multiprocessing".sleep, 9):exception())]], nil, "ulimit -n 64;")
  assert(output:find "cannot start the pool's workers: .*Too many open files\n$", output)
  equal(status, 0)
end

function cases.test_force_shutdown_during_max_tasks()
  local executor = Executor { max_workers = 2, max_tasks_per_child = 1 }
  local future
  for place = 1, 20 do future = executor:submit(sleep, place < 20 and 0.01 or 1000) end
  executor:kill_workers()
  equal(future:exception().kind, "crash")
end

local function ends_workers(operation)
  local executor = Executor(2)
  local begun = mp.Event()
  local future = executor:submit(function()
    begun:set()
    sleep(1000)
  end)
  begun:wait()
  executor[operation](executor)
  equal(future:exception().kind, "crash")
  raises("shut down", executor.submit, executor, identity, 1)
  executor[operation](executor)
end

local function ends_dead_workers(operation)
  local executor = Executor(1)
  executor:submit(crash):exception()
  executor[operation](executor)
end

function cases.test_terminate_workers() ends_workers "terminate_workers" end
function cases.test_kill_workers() ends_workers "kill_workers" end
function cases.test_terminate_workers_dead_workers() ends_dead_workers "terminate_workers" end
function cases.test_kill_workers_dead_workers() ends_dead_workers "kill_workers" end
function cases.test_terminate_workers_not_started_yet() Executor(1):terminate_workers() end
function cases.test_kill_workers_not_started_yet() Executor(1):kill_workers() end

-- ---- The deadlock matrix: who fails where, and how ----

local function check_alone(message, executor, f, ...)
  local before = {}
  for place = 1, 5 do before[place] = executor:submit(identity, place) end
  local failure
  local submitted, future = pcall(executor.submit, executor, f, ...)
  if submitted then
    failure = future:exception()
  else
    failure = future
  end
  assert(tostring(failure):find(message, 1, true), tostring(failure))
  for place = 1, 5 do equal(before[place]:result(), place) end
  equal(executor:submit(identity, "after"):result(), "after")
end

function cases.test_error_at_task_pickle()
  local executor <close> = Executor(2)
  for _ = 1, 5 do check_alone("cannot send userdata (FILE*)", executor, identity, io.stdout) end
end

function cases.test_metamethods_are_not_asked_at_task_pickle()
  local executor <close> = Executor(2)
  local hostile = setmetatable({ 1 }, { __pairs = os.exit, __index = os.exit, __len = os.exit, __gc = nil })
  check_alone("class", executor, identity, hostile)
end

function cases.test_error_at_task_unpickle()
  local executor <close> = Executor(2)
  local text = "return function(...) local module = require 'no_such_module' return module end"
  check_alone("no_such_module", executor, load(text)())
end

function cases.test_crash_during_func_exec_on_worker()
  local executor <close> = Executor(2)
  for _ = 1, 5 do check_alone("was killed by SIGSEGV", executor, crash) end
end

function cases.test_kill_during_func_exec_on_worker()
  local executor <close> = Executor(2)
  for _ = 1, 5 do check_alone("was killed by SIGKILL", executor, function() os.execute "kill -9 $PPID" end) end
end

function cases.test_exit_during_func_exec_on_worker()
  local executor <close> = Executor(2)
  for _ = 1, 5 do check_alone("exited with status 1", executor, exit) end
  check_alone("exited with status 0", executor, os.exit)
  check_alone("exited with status 0", executor, function() os.exit(true, true) end)
end

function cases.test_error_during_func_exec_on_worker()
  local executor <close> = Executor(2)
  for _ = 1, 5 do check_alone("oops", executor, error, "oops") end
end

function cases.test_error_during_result_pickle_on_worker()
  local executor <close> = Executor(2)
  for _ = 1, 20 do check_alone("cannot send userdata (FILE*) at result", executor, function() return io.stdout end) end
  for _ = 1, 5 do check_alone("cannot send a coroutine", executor, function() return { a = { coroutine.create(print) } } end) end
end

function cases.test_metamethods_are_not_asked_during_result_pickle()
  local executor <close> = Executor(2)
  for _, way in ipairs { exit, crash, error } do
    check_alone("class", executor, function()
      return setmetatable({ 1 }, { __pairs = way, __index = way, __len = way, __tostring = way })
    end)
  end
end

function cases.test_error_with_a_hostile_tostring()
  local executor <close> = Executor(2)
  check_alone("", executor, function() error(setmetatable({}, { __tostring = function() error "again" end })) end)
  check_alone("exited with status 1", executor, function() error(setmetatable({}, { __tostring = exit })) end)
  check_alone("was killed by SIGSEGV", executor, function() error(setmetatable({}, { __tostring = crash })) end)
end

function cases.test_crash_in_a_finalizer()
  local executor <close> = Executor(2)
  for place = 1, 20 do
    equal(executor:submit(function(x)
      setmetatable({}, { __gc = function() os.execute "kill -11 $PPID" end })
      return x
    end, place):exception(), nil)
  end
end

function cases.test_shutdown_deadlock()
  local executor = Executor(2)
  executor:submit(identity, 1):result()
  local future = executor:submit(crash)
  executor:shutdown()
  equal(future:exception().kind, "crash")
end

function cases.test_shutdown_deadlock_pickle()
  local executor = Executor(2)
  raises("cannot send", executor.submit, executor, identity, io.stdout)
  executor:shutdown { wait = false }
end

function cases.test_crash_big_data()
  local executor <close> = Executor(2)
  local big, all = ("x"):rep(5 << 20), {}
  for place = 1, 10 do
    all[place] = executor:submit(function(data, x)
      if x == 3 then os.execute "kill -9 $PPID" end
      return #data
    end, big, place)
  end
  for place = 1, 10 do
    if place == 3 then
      equal(all[place]:exception().kind, "crash")
    else
      equal(all[place]:result(), 5 << 20)
    end
  end
end

function cases.test_crash_while_a_big_result_is_written()
  local executor <close> = Executor(2)
  local all = {}
  for place = 1, 6 do
    all[place] = executor:submit(function()
      os.execute("sh -c 'sleep 0.0" .. place .. "; kill -9 '$PPID &")
      local results = {}
      while true do results[#results + 1] = ("x"):rep(1 << 16) end
    end)
  end
  for place = 1, 6 do equal(all[place]:exception().kind, "crash") end
  equal(executor:submit(identity, 1):result(), 1)
end

function cases.test_workers_that_kill_each_other()
  local executor <close> = Executor(4)
  local pids, all = mp.Queue(), {}
  for place = 1, 40 do
    all[place] = executor:submit(function()
      pids:put(mp.getpid())
      local other = pids:get(false)
      if other and other ~= mp.getpid() and place % 4 == 0 then os.execute("kill -9 " .. other) end
      return place
    end)
  end
  for place = 1, 40 do
    local failure = all[place]:exception()
    if failure then equal(failure.kind, "crash") else equal(all[place]:result(), place) end
  end
  equal(executor:submit(identity, 1):result(), 1)
end

function cases.test_many_queued_when_a_worker_dies()
  local executor <close> = Executor(2)
  local all = {}
  for place = 1, 2000 do all[place] = executor:submit(place % 100 == 0 and exit or identity, place) end
  local failed = 0
  for place = 1, 2000 do
    if all[place]:exception() then failed = failed + 1 else equal(all[place]:result(), place) end
  end
  equal(failed, 20)
end

-- ---- Futures ----

function cases.test_a_callback_is_a_function()
  local executor <close> = Executor(1)
  local future = executor:submit(identity, 1)
  raises("a callback is a function, not a number", future.add_done_callback, future, 5)
end

function cases.test_done_callback()
  local executor <close> = Executor(2)
  local seen = {}
  local function note(future) seen[#seen + 1] = future end
  local good, bad = executor:submit(identity, 5), executor:submit(error, "x")
  good:add_done_callback(note)
  equal(good:result(), 5)
  bad:add_done_callback(note)
  bad:exception()
  equal(seen, { good, bad })
  equal(rawequal(seen[1], good), true)
  good:add_done_callback(note)
  equal(rawequal(seen[3], good), true)
end

function cases.test_done_callback_with_cancel()
  local executor, event = Executor(1), mp.Event()
  local busy = executor:submit(function() event:wait() end)
  local queued, called = executor:submit(identity, 1), 0
  soon(function() return busy:running() end)
  queued:add_done_callback(function(future)
    called = called + 1
    equal(future:cancelled(), true)
  end)
  equal(queued:cancel(), true)
  equal(called, 1)
  queued:add_done_callback(function() called = called + 1 end)
  equal(called, 2)
  event:set()
  executor:shutdown()
end

--! errors pmap: a callback of a future failed: ‹…›the first callback‹…›
function cases.test_done_callback_raises()
  local executor <close> = Executor(1)
  local future, called = executor:submit(identity, 5), 0
  future:add_done_callback(function() error "the first callback" end)
  future:add_done_callback(function() called = called + 1 end)
  equal(future:result(), 5)
  equal(called, 1)
end

--! errors pmap: a callback of a future failed: ‹…›done already‹…›
function cases.test_done_callback_raises_already_succeeded()
  local executor <close> = Executor(1)
  local future = executor:submit(identity, 5)
  future:result()
  future:add_done_callback(function() error "done already" end)
end

function cases.test_done_callback_that_submits()
  local executor <close> = Executor(1)
  local second
  executor:submit(identity, 5):add_done_callback(function(future) second = executor:submit(identity, future:result() + 1) end)
  soon(function()
    executor:submit(identity, 0):result()
    return second
  end)
  equal(second:result(), 6)
end

function cases.test_states()
  local executor, event = Executor(1), mp.Event()
  local running = executor:submit(function() return event:wait() end)
  local pending = executor:submit(identity, 1)
  soon(function() return running:running() end)
  local function state(future) return { future:done(), future:running(), future:cancelled() } end
  equal(state(running), { false, true, false })
  equal(state(pending), { false, false, false })
  equal(running:cancel(), false)
  equal(pending:cancel(), true)
  equal(pending:cancel(), true)
  equal(state(pending), { true, false, true })
  event:set()
  running:result()
  equal(state(running), { true, false, false })
  equal(running:cancel(), false)
  equal(tostring(running), "Future(finished)")
  equal(tostring(pending), "Future(cancelled)")
  local failed = executor:submit(error, "x")
  failed:exception()
  equal(tostring(failed), "Future(failed)")
  equal(state(failed), { true, false, false })
  executor:shutdown()
end

function cases.test_result_with_timeout()
  local executor, event = Executor(1), mp.Event()
  local future = executor:submit(function() return event:wait() end)
  for _, method in ipairs { "result", "exception" } do
    for _, timeout in ipairs { 0, false, 0.02 } do equal(raises("no result within", future[method], future, timeout).kind, "timeout") end
  end
  event:set()
  equal(future:result(20), true)
  equal(future:exception(0), nil)
  executor:shutdown()
end

function cases.test_result_with_cancel()
  local executor, event = Executor(1), mp.Event()
  local busy = executor:submit(function() event:wait() end)
  local queued = executor:submit(identity, 1)
  soon(function() return busy:running() end)
  equal(queued:cancel(), true)
  equal(raises("cancelled", queued.result, queued).kind, "cancelled")
  equal(raises("cancelled", queued.exception, queued).kind, "cancelled")
  event:set()
  executor:shutdown()
end

-- ---- wait and as_completed ----

local function held(executor, event) return executor:submit(function() return event:wait() end) end

function cases.test_wait_20369()
  local executor <close> = Executor(1)
  local future = executor:submit(identity, 1)
  local done, others = futures.wait({ future, future }, 20)
  equal(#done, 1)
  equal(#others, 0)
end

function cases.test_first_completed()
  local executor, event = Executor(2), mp.Event()
  local first, second = executor:submit(identity, 3), held(executor, event)
  local done, others = futures.wait({ first, second }, nil, futures.FIRST_COMPLETED)
  equal(done, { first })
  equal(others, { second })
  done = futures.wait({ first, second }, nil, futures.FIRST_COMPLETED)
  equal(done, { first })
  event:set()
  executor:shutdown()
end

function cases.test_first_exception()
  local executor, event = Executor(2), mp.Event()
  local good, bad, late = executor:submit(identity, 3), executor:submit(error, "x"), held(executor, event)
  local done, others = futures.wait({ good, bad, late }, 20, futures.FIRST_EXCEPTION)
  equal(others[#others] == late, true)
  equal(#done + #others, 3)
  done = futures.wait({ bad, late }, 20, futures.FIRST_EXCEPTION)
  equal(done, { bad })
  event:set()
  done = futures.wait({ good, late }, 20, futures.FIRST_EXCEPTION)
  equal(#done, 2)
  executor:shutdown()
end

function cases.test_all_completed()
  local executor <close> = Executor(2)
  local done, others = futures.wait { executor:submit(identity, 1), executor:submit(error, "x"), executor:submit(exit) }
  equal(#done, 3)
  equal(#others, 0)
  raises("return_when", futures.wait, {}, nil, "SOMETIME")
  equal(#futures.wait {}, 0)
end

function cases.test_wait_timeout()
  local executor, event = Executor(2), mp.Event()
  local first, second = executor:submit(identity, 3), held(executor, event)
  first:result()
  local done, others = futures.wait({ first, second }, 0.05)
  equal(done, { first })
  equal(others, { second })
  event:set()
  executor:shutdown()
end

function cases.test_wait_over_two_executors()
  local one <close> = Executor(1)
  local two <close> = Executor(1)
  local done = futures.wait { one:submit(sleep, 0.02), two:submit(sleep, 0.01), one:submit(identity, 1) }
  equal(#done, 3)
end

function cases.test_as_completed()
  local executor <close> = Executor(2)
  local all, seen = {}, 0
  for place = 1, 20 do all[place] = executor:submit(identity, place) end
  for future in futures.as_completed(all) do seen = seen + future:result() end
  equal(seen, 210)
end

--- A collect for each of them would take minutes.
function cases.test_as_completed_over_many()
  local executor <close> = Executor(2)
  local all, sum = {}, 0
  for place = 1, 4000 do all[place] = executor:submit(identity, place) end
  for future in futures.as_completed(all) do sum = sum + future:result() end
  equal(sum, 4000 * 4001 // 2)
  equal({ #futures.wait(all) }, { 4000 })
end

function cases.test_futures_as_keys()
  local executor <close> = Executor(2)
  local names, seen = {}, {}
  for place, name in ipairs { "one", "two" } do names[executor:submit(identity, place)] = name end
  for future in futures.as_completed(names) do seen[names[future]] = future:result() end
  equal(seen, { one = 1, two = 2 })
  equal(#futures.wait(names), 2)
end

function cases.test_futures_that_are_no_list()
  local executor <close> = Executor(1)
  local one, two = executor:submit(identity, 1), executor:submit(identity, 2)
  raises("wait takes a list of futures: wait({ first, second })", futures.wait, one)
  raises("wait takes a list of futures", futures.wait, one, two)
  raises("as_completed takes a list of futures", futures.as_completed, one)
  raises("as_completed takes a list of futures; one of them is a number", futures.as_completed, { one, 5 })
  raises("as_completed takes a list of futures; one of them is a string", futures.as_completed, { first = one })
  raises("a timeout is a number of seconds", futures.wait, { one }, futures.FIRST_COMPLETED)
end

function cases.test_as_completed_timeout()
  local executor, event = Executor(2), mp.Event()
  local all = { executor:submit(identity, 1), executor:submit(identity, 2), held(executor, event), held(executor, event) }
  futures.wait({ all[1], all[2] })
  for _, timeout in ipairs { 0, 0.05 } do
    local seen = 0
    local failure = raises("2 (of 4) futures unfinished", function()
      for _ in futures.as_completed(all, timeout) do seen = seen + 1 end
    end)
    equal(failure.kind, "timeout")
    equal(seen, 2)
  end
  event:set()
  executor:shutdown()
end

function cases.test_duplicate_futures()
  local executor <close> = Executor(1)
  local future, count = executor:submit(identity, 1), 0
  for _ in futures.as_completed { future, future } do count = count + 1 end
  equal(count, 1)
end

-- ---- Initializers ----

function cases.test_initializer()
  local executor = Executor { max_workers = 2, initializer = function(value) from_initializer = value end, initargs = { "initialized" } }
  for _, value in executor:map(function() return from_initializer end, upto(20)) do equal(value, "initialized") end
  executor:shutdown()
end

function cases.test_failing_initializer()
  for _, way in ipairs { function() error("no initializer", 0) end, crash, exit } do
    local executor = Executor { max_workers = 2, initializer = way }
    local future = executor:submit(identity, 1)
    assert(future:exception())
    raises("pool is broken", executor.submit, executor, identity, 2)
    executor:shutdown()
  end
end

-- ---- Shutdown ----

function cases.test_run_after_shutdown()
  local executor = Executor(1)
  executor:shutdown()
  raises("shut down", executor.submit, executor, pow, 2, 5)
  raises("shut down", executor.map, executor, pow, {})
  executor:shutdown()
end

function cases.test_interpreter_shutdown()
  local output, status = expect.script [[
    local mp = require "multiprocessing"
    local is_at_end, script = mp.Event(), mp.getpid()
    local executor = require "concurrent.futures".ProcessPoolExecutor(5)
    executor:submit(function()
      is_at_end:wait()
      require "cases".asleep(script)
      print "apple"
    end)
    is_at_end:set()]]
  equal(output, "apple\n")
  equal(status, 0)
end

function cases.test_hang_issue12364()
  local executor, all = Executor(2), {}
  for place = 1, 50 do all[place] = executor:submit(sleep, 0.001) end
  executor:shutdown()
  for _, future in ipairs(all) do equal(future:done(), true) end
end

function cases.test_cancel_futures()
  local executor, all = Executor(2), {}
  local script = mp.getpid()
  for place = 1, 50 do all[place] = executor:submit(expect.asleep, script) end
  executor:shutdown { cancel_futures = true }
  local cancelled = 0
  for _, future in ipairs(all) do
    equal(future:done(), true)
    if future:cancelled() then cancelled = cancelled + 1 else equal(future:exception(), nil) end
  end
  assert(cancelled > 20, cancelled)
end

function cases.test_hang_gh83386()
  local output, status = expect.script [[
    local mp = require "multiprocessing"
    local is_at_end, script = mp.Event(), mp.getpid()
    local executor = require "concurrent.futures".ProcessPoolExecutor(5)
    executor:submit(function()
      is_at_end:wait()
      require "cases".asleep(script)
      print "apple"
    end)
    executor:shutdown { wait = false }
    is_at_end:set()]]
  equal(output, "apple\n")
  equal(status, 0)
end

function cases.test_hang_gh94440()
  for _ = 1, 3 do
    local executor = Executor { max_workers = 2, max_tasks_per_child = 1 }
    executor:submit(identity, 1)
    executor:shutdown { wait = true }
  end
end

function cases.test_processes_terminate()
  local executor = Executor(5)
  equal(collect(executor:map(identity, upto(20))), upto(20))
  soon(function() return #mp.active_children() == 5 end)
  executor:shutdown()
  equal(#mp.active_children(), 0)
end

function cases.test_context_manager_shutdown()
  local outer
  do
    local executor <close> = Executor(3)
    outer = executor:submit(identity, 4)
  end
  equal(outer:result(), 4)
  equal(#mp.active_children(), 0)
end

function cases.test_del_shutdown()
  do
    local executor = Executor(3)
    executor:submit(identity, 1):result()
  end
  collectgarbage()
  collectgarbage()
  equal(#mp.active_children(), 0)
end

function cases.test_shutdown_no_wait()
  local executor, event = Executor(3), mp.Event()
  local future = executor:submit(function()
    event:wait()
    return 5
  end)
  executor:shutdown { wait = false }
  event:set()
  equal(future:result(), 5)
end

function cases.test_shutdown_false_is_no_wait()
  local executor, event = Executor(1), mp.Event()
  local future = executor:submit(function() return event:wait() end)
  executor:shutdown(false)
  equal(future:done(), false)
  event:set()
  equal(future:result(), true)
end

expect.main()
