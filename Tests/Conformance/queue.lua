--- Queues, as in CPython's _TestQueue and _TestSimpleQueue.
local expect = require "cases"
local cases = expect.cases
local mp = require "multiprocessing"
local equal, raises, sleep = expect.equal, expect.raises, expect.sleep
local start = expect.start

function cases.test_put()
  local queue, can_start, can_go_on = mp.Queue(6), mp.Event(), mp.Event()
  local process = start(function()
    can_start:wait()
    for _ = 1, 6 do queue:get() end
    can_go_on:set()
  end)
  equal(queue:empty(), true)
  equal(queue:full(), false)
  queue:put(1)
  queue:put(2, true)
  queue:put(3, true, nil)
  queue:put(4, false)
  queue:put(5, false, nil)
  queue:put_nowait(6)
  equal(queue:empty(), false)
  equal(queue:full(), true)
  for _, timeout in ipairs { { false }, { false, 0.01 }, { true, 0.01 }, { 0.01 }, { 0 } } do
    equal({ queue:put(7, table.unpack(timeout)) }, { nil, "full" })
  end
  equal({ queue:put_nowait(7) }, { nil, "full" })
  can_start:set()
  can_go_on:wait()
  equal(queue:empty(), true)
  process:join()
  queue:close()
end

function cases.test_get()
  local queue, looked, filled = mp.Queue(), mp.Event(), mp.Event()
  local process = start(function()
    looked:wait()
    for each = 2, 5 do queue:put(each) end
    filled:set()
  end)
  equal(queue:empty(), true)
  looked:set()
  filled:wait()
  equal(queue:empty(), false)
  equal(queue:get(true, nil), 2)
  equal(queue:get(true), 3)
  equal(queue:get(1), 4)
  equal(queue:get_nowait(), 5)
  equal(queue:empty(), true)
  for _, timeout in ipairs { { false }, { false, 0.01 }, { true, 0.01 }, { 0.01 }, { 0 } } do
    equal({ queue:get(table.unpack(timeout)) }, { nil, "empty" })
  end
  process:join()
end

function cases.test_fork()
  local queue = mp.Queue()
  for each = 1, 10 do queue:put(each) end
  start(function() for each = 11, 20 do queue:put(each) end end)
  for each = 1, 20 do equal(queue:get(), each) end
  equal(queue:empty(), true)
end

function cases.test_qsize()
  local queue = mp.Queue()
  for _, step in ipairs { { "put", 1 }, { "put", 2 }, { "get", 1 }, { "get", 0 } } do
    queue[step[1] .. "_nowait"](queue, "x")
    equal(queue:qsize(), step[2])
  end
end

function cases.test_task_done()
  local queue, workers = mp.JoinableQueue(), {}
  for place = 1, 4 do
    workers[place] = start(function()
      for _ in queue:iter() do
        sleep(0.01)
        queue:task_done()
      end
    end)
  end
  for each = 1, 10 do queue:put(each) end
  equal(queue:join(), true)
  for _ = 1, 4 do queue:put(nil) end
  for _, worker in ipairs(workers) do worker:join() end
  equal(queue:join(), true)
  raises("more often", queue.task_done, queue)
end

function cases.test_join_with_timeouts()
  local queue = mp.Queue()
  equal(queue:join(false), true)
  queue:put(1)
  equal({ queue:join(0) }, { nil, "timeout" })
  equal({ queue:join(0.01) }, { nil, "timeout" })
  queue:get()
  equal({ queue:join(false) }, { nil, "timeout" })
  queue:task_done()
  equal(queue:join(), true)
end

function cases.test_join_after_a_kill()
  local queue, taken = mp.Queue(), mp.Event()
  local process = start(function()
    queue:get()
    taken:set()
    sleep(100)
  end)
  queue:put(1)
  taken:wait()
  process:kill()
  equal(queue:join(), true)
end

function cases.test_timeout()
  local queue = mp.Queue()
  local before = expect.clock()
  equal({ queue:get(true, 0.1) }, { nil, "empty" })
  assert(expect.clock() - before >= 0.1)
end

function cases.test_queue_feeder_donot_stop_onexc()
  local queue = mp.Queue(1)
  for _ = 1, 20 do raises("cannot send userdata (FILE*) at value[1]", queue.put, queue, { io.stdout }) end
  equal(queue:qsize(), 0)
  equal(queue:full(), false)
  queue:put(true)
  equal(queue:get(), true)
  equal(queue:empty(), true)
end

function cases.test_closed_queue_empty_exceptions()
  local queue = mp.Queue()
  queue:put(1)
  queue:close()
  queue:close()
  raises("closed", queue.put, queue, 2)
  equal(queue:get(), 1)
  equal({ queue:get() }, { nil, "closed" })
  equal({ queue:get(false) }, { nil, "closed" })
  equal(queue:iter()(), nil)
end

function cases.test_close_wakes_who_waits()
  local queue, full, got = mp.Queue(), mp.Queue(1), mp.Queue()
  full:put(1)
  local waiting = { start(function() got:put { nil, select(2, pcall(full.put, full, 2)) } end) }
  for place = 2, 4 do waiting[place] = start(function() got:put { queue:get() } end) end
  expect.asleep(table.unpack(waiting))
  queue:close()
  full:close()
  local reasons = {}
  for place = 1, 4 do reasons[place] = got:get()[2]:match "closed" end
  equal(reasons, { "closed", "closed", "closed", "closed" })
end

function cases.test_nil_is_a_value()
  local queue = mp.Queue()
  queue:put(nil)
  queue:put(false)
  equal(table.pack(queue:get()), { n = 1 })
  equal({ queue:get() }, { false })
  equal({ queue:get(false) }, { nil, "empty" })
end

function cases.test_values_of_all_kinds()
  local queue = mp.Queue()
  local cyclic = { 1 }
  cyclic.self = cyclic
  queue:put(cyclic)
  local got = queue:get()
  equal(rawequal(got.self, got), true)
  for _, each in ipairs { 1, 1.0, -0.0, 1 / 0, math.mininteger, "a\0b", ("x"):rep(1 << 24), true, { { {} } } } do
    queue:put(each)
    equal(queue:get(), each)
  end
  local step = 3
  queue:put(function(x) return x + step end)
  equal(queue:get()(4), 7)
end

function cases.test_queue_in_a_queue()
  local outer = mp.Queue()
  do
    local inner = mp.Queue()
    inner:put "kept"
    outer:put { inner, mp.Lock(), mp.Event() }
  end
  collectgarbage()
  collectgarbage()
  local got = outer:get()
  equal(got[1]:get(), "kept")
  equal(got[2]:acquire(), true)
  got[3]:set()
  local again = { outer:put(got[2]), outer:get() }
  equal(again[2] == got[2], true)
  again = nil
  collectgarbage()
  collectgarbage()
  got[2]:release()
end

function cases.test_first_in_first_out_for_each_producer()
  local queue, producers, count = mp.Queue(5), 4, 200
  for id = 1, producers do
    start(function() for each = 1, count do queue:put { id, each } end end)
  end
  local last = {}
  for _ = 1, producers * count do
    local got = queue:get()
    equal(got[2], (last[got[1]] or 0) + 1)
    last[got[1]] = got[2]
  end
  equal(queue:empty(), true)
end

function cases.test_each_item_goes_to_one()
  local queue, seen, getters = mp.Queue(3), mp.Queue(), {}
  for place = 1, 4 do
    getters[place] = start(function() for each in queue:iter() do seen:put(each) end end)
  end
  for each = 1, 1000 do queue:put(each) end
  queue:close()
  for _, getter in ipairs(getters) do getter:join() end
  local is_seen = {}
  for _ = 1, 1000 do
    local each = seen:get(false)
    assert(each and not is_seen[each])
    is_seen[each] = true
  end
  equal(seen:empty(), true)
end

function cases.test_many_items_dropped_at_once()
  local core = require "_multiprocessing"
  local queue = mp.Queue()
  collectgarbage()
  local before = core.usage()
  for each = 1, 50000 do queue:put(each) end
  queue = mp.Queue()
  collectgarbage()
  collectgarbage()
  equal(core.usage(), before)
end

function cases.test_memory_comes_back()
  local core = require "_multiprocessing"
  local queue = mp.Queue()
  queue:put(1)
  queue:get()
  collectgarbage()
  local before = core.usage()
  for _ = 1, 10 do
    queue:put(("x"):rep(10 << 20))
    queue:get()
  end
  equal(core.usage(), before)
end

-- SimpleQueue
function cases.test_simple_queue_empty()
  local queue, can_start, can_go_on = mp.SimpleQueue(), mp.Event(), mp.Event()
  local process = start(function()
    can_start:wait()
    queue:put(queue:empty())
    queue:put(queue:empty())
    can_go_on:set()
  end)
  equal(queue:empty(), true)
  can_start:set()
  can_go_on:wait()
  equal(queue:empty(), false)
  equal(queue:get(), true)
  equal(queue:get(), false)
  equal(queue:empty(), true)
  process:join()
end

function cases.test_simple_queue_close()
  local queue = mp.SimpleQueue()
  queue:close()
  queue:close()
  raises("closed", queue.put, queue, 1)
end

function cases.test_close_variable()
  local kept
  do
    local queue <close> = mp.Queue()
    kept = queue
  end
  raises("closed", kept.put, kept, 1)
end

-- Queues in a child whose standard input was closed.
function cases.test_queue_in_process()
  local process = start(function()
    io.stdin:close()
    local queue = mp.Queue()
    start(function() queue:put "from below" end):join()
    return queue:get()
  end)
  equal(process:result(), "from below")
end

function cases.test_waiting_in_a_coroutine()
  local queue = mp.Queue()
  start(function()
    expect.asleep(mp.parent_process().pid)
    queue:put "x"
  end)
  equal(coroutine.wrap(function() return queue:get() end)(), "x")
end

function cases.test_finalizers_that_put()
  local queue, count = mp.Queue(), 0
  for _ = 1, 2000 do
    setmetatable({}, { __gc = function() queue:put { "from a finalizer", { {} } } count = count + 1 end })
    queue:put { { ("x"):rep(10) }, {}, {} }
    queue:get()
  end
  collectgarbage()
  assert(count >= 1999)
  equal(queue:qsize(), count)
end

--! errors pmap: queue.lua:‹…›put into a queue that is closed‹…›
--! status 1
function cases.test_put_without_a_handler()
  local queue = mp.Queue()
  queue:close()
  queue:put(1)
end

expect.main()
