--- Pools, as in CPython's _TestPool and its neighbours.
local expect = require "cases"
local cases = expect.cases
local mp = require "multiprocessing"
local equal, raises, soon, sleep = expect.equal, expect.raises, expect.soon, expect.sleep
local upto = expect.upto

local function sqr(x, wait)
  if wait then sleep(wait) end
  return x * x
end

local function mul(x, y) return x * (y or 2) end
local function identity(x) return x end

local function squares(count)
  local list = {}
  for place = 1, count do list[place] = place * place end
  return list
end

--- The values of an iterator of places and values, by place.
local function collect(iterator)
  local list, count = {}, 0
  for place, value in iterator do
    list[place], count = value, count + 1
  end
  return list, count
end

--- Gives 1 to `count`, then raises.
local function exploding(count)
  local place = 0
  return function()
    place = place + 1
    if place > count then error("the iterator exploded", 0) end
    return place
  end
end

--- A module is sent as a module, also when it was loaded in the task that returns it.
function cases.test_modules_travel_by_name()
  package.preload.plain_settings = function() return { limit = 10 } end
  local pool <close> = mp.Pool(1)
  local results = pool:map(function() return require "plain_settings" end, { 1, 2, 3, 4 }, 4)
  for place = 1, 4 do equal(results[place] == require "plain_settings", true) end
end

function cases.test_callback_closes_what_is_waited_for()
  local pool <close> = mp.Pool(1)
  pool:apply(identity, { 1 }) -- its processes have nothing of the pipe
  local queue = mp.Queue()
  local receiver, sender = mp.Pipe(false)
  pool:apply_async(sqr, { 2, 0.05 }, function()
    receiver:close()
    sender:close()
    for place = 1, 40 do queue:put(place) end
  end)
  equal({ receiver:recv() }, { nil, "closed" })
  for place = 1, 40 do equal(queue:get(), place) end
end

function cases.test_callback_that_fails_in_a_condition_or_a_barrier()
  local pool <close> = mp.Pool(1)
  local condition, barrier = mp.Condition(mp.Lock()), mp.Barrier(2)
  local function later() pool:apply_async(sqr, { 2, 0.05 }, function() error "in the callback" end) end
  condition:acquire()
  later()
  raises("in the callback", condition.wait, condition)
  condition:release()
  later()
  raises("in the callback", barrier.wait, barrier)
  equal(barrier.broken, true)
  later()
  raises("in the callback", condition.with, condition, function() condition:wait() end)
  equal(condition:acquire(false), true)
end

function cases.test_callback_that_waits_and_forks()
  local pool <close> = mp.Pool(2)
  local queue, event = mp.Queue(), mp.Event()
  pool:apply_async(sqr, { 1 }, function()
    pool:apply_async(sqr, { 2 }, function() event:set() end)
    equal({ event:wait(0.05) }, { nil, "timeout" })
    expect.start(function()
      local inner <close> = mp.Pool(1)
      local answers = mp.Queue()
      inner:apply_async(sqr, { 3 }, function(value) answers:put(value) end)
      queue:put(answers:get())
    end)
  end)
  equal(event:wait(10), true)
  equal(queue:get(), 9)
end

function cases.test_callbacks_run_in_every_wait()
  local queue, event, lock, condition = mp.Queue(), mp.Event(), mp.Lock(), mp.Condition()
  local receiver, sender = mp.Pipe(false)
  local pool <close> = mp.Pool(2)
  local function later(callback) pool:apply_async(sqr, { 7, 0.05 }, callback) end
  later(function(value) queue:put(value) end)
  equal(queue:get(), 49)
  later(function() event:set() end)
  equal(event:wait(), true)
  lock:acquire()
  later(function() lock:release() end)
  equal(lock:acquire(), true)
  condition:acquire()
  later(function() condition:with(function() condition:notify() end) end)
  equal(condition:wait(), true)
  condition:release()
  later(function(value) sender:send(value) end)
  equal(mp.wait { receiver }, { receiver })
  equal(receiver:recv(), 49)
  later(function(value) queue:put(value) end)
  equal({ coroutine.wrap(function() return queue:get(10) end)() }, { 49 })
  later(function() error "in the callback" end)
  raises("in the callback", queue.get, queue)
  later(print)
  equal({ queue:get(0.001) }, { nil, "empty" })
end

function cases.test_callbacks_run_in_every_call_that_may_wait()
  local pool <close> = mp.Pool(1)
  local other <close> = mp.Pool(2)
  local queue, lock, event = mp.Queue(), mp.Lock(), mp.Event()
  local process = expect.start(function() event:wait() end)
  for name, poll in pairs {
    sleep = function() pmap.sleep(0.001) end,
    no_sleep = function() pmap.sleep(0) end,
    active_children = mp.active_children,
    cpu_count = mp.cpu_count,
    current_process = mp.current_process,
    exitcode = function() return process.exitcode end,
    wait = function() mp.wait({ queue }, 0) end,
    get = function() queue:get(false) end,
    is_set = function() event:is_set() end,
    another_pool = function() other:apply(identity, { 1 }) end,
  } do
    local is_done = false
    pool:apply_async(sqr, { 3, 0.01 }, function(value) is_done = value end)
    local deadline = pmap.clock() + 20
    while not is_done do
      assert(pmap.clock() < deadline, name)
      poll()
    end
    equal(is_done, 9)
  end
  event:set()
  process:join()
end

function cases.test_callbacks_run_for_results_that_are_dropped()
  local pool, called = mp.Pool(1), {}
  local function note(value) called[#called + 1] = type(value) == "table" and (value.kind or #value) or value end
  for _ = 1, 3 do
    pool:apply_async(sqr, { 2, 0.02 }, note)
    pool:map_async(sqr, { 1, 2 }, nil, note)
    pool:apply_async(error, { "x" }, nil, note)
    collectgarbage()
  end
  pool:close()
  pool:join()
  equal(called, { 4, 2, "error", 4, 2, "error", 4, 2, "error" })
  pool = mp.Pool(1)
  pool:apply_async(sleep, { 100 }, nil, note)
  collectgarbage()
  pool:terminate()
  pool:join()
end

function cases.test_callbacks_end_a_sleep_that_they_raise_in()
  local pool <close> = mp.Pool(1)
  pool:apply_async(sqr, { 3, 0.01 }, function() error "in the callback" end)
  raises("in the callback", pmap.sleep, 1000)
end

function cases.test_callbacks_wait_for_a_call_that_may_wait()
  local pool <close> = mp.Pool(1)
  local lock, value, array, is_done = mp.Lock(), mp.Value("i", 0), mp.Array("i", 3), false
  local function content(name)
    local file <close> = io.open(name)
    return file and file:read "n"
  end
  local function task()
    soon(function() return content "is_held" end)
    local file <close> = io.open("worker", "w")
    file:write(mp.getpid())
  end
  local result = pool:apply_async(task, {}, function() is_done = true end)
  local condition = mp.Condition()
  lock:acquire()
  condition:acquire()
  io.open("is_held", "w"):write(1):close()
  soon(function() return content "worker" end)
  expect.asleep(content "worker") -- it has answered, and waits for its next task
  value:add(1)
  value.value = value.value + 1
  array:add(1, 1)
  array[2] = array:totable()[1]
  pmap.clock()
  lock:release()
  condition:release()
  equal(is_done, false)
  result:wait()
  equal(is_done, true)
end

--- A wait for one pool runs the callbacks of another one, which use both.
function cases.test_callbacks_run_while_another_pool_is_waited_for()
  local pool <close> = mp.Pool(1)
  local other <close> = mp.Pool(2)
  local event = mp.Event()
  local function go()
    equal(other:apply(sqr, { 2 }), 4)
    event:set()
  end
  for _, wait in ipairs {
    function() return other:apply(function() return event:wait() end) end,
    function() return other:map(function() return event:wait() end, { 1 })[1] end,
    function() return select(2, other:imap(function() return event:wait() end, { 1 })()) end,
    function() return other:apply_async(function() return event:wait() end):get(20) end,
  } do
    event:clear()
    pool:apply_async(sqr, { 3, 0.02 }, go)
    equal(wait(), true)
  end
end

--- Tables have the same length after they were sent.
function cases.test_lengths_are_kept()
  local pool <close> = mp.Pool(1)
  local queue = mp.Queue()
  local manager <close> = mp.Manager()
  local dict, gaps = manager:dict(), upto(100)
  for place = 1, 99, 2 do gaps[place] = nil end
  local many = upto(10000)
  many.n = 5
  local class = setmetatable({ 1, nil, 3 }, getmetatable(pool:map(identity, {})))
  class.n = 3
  for _, list in ipairs {
    { 42, nil, "hello" }, { nil, nil, 3 }, { 1, 2, 3, n = 3 }, { 1, 2, [4] = 4 }, { [2] = 2 }, { x = 1 }, {},
    table.pack(1, nil, nil), table.pack(nil, nil, 2, nil), gaps, many, { { 1, nil, 3 } }, { x = { nil, 2 } },
    pmap.array { 1, nil, 3 }, pmap.object { 1, nil, 3 }, { 1, nil, pmap.null }, { 1, nil, "x", function() end }, class,
  } do
    queue:put(list)
    dict.list = list
    local copies = {
      queue:get(), pool:apply(identity, { list }), pool:map(identity, { list })[1], dict.list, expect.ended(identity, list),
      pmap.loads(pmap.dumps(list)), pool:apply(identity, { { { list } } })[1][1],
    }
    for place = 1, 7 do
      equal(#copies[place], #list, place)
      for key, value in pairs(list) do
        if type(value) ~= "function" then equal(copies[place][key], value, key) end
        if type(value) == "table" then equal(#copies[place][key], #value) end
      end
    end
  end
  local knot = { 1, nil, 3 }
  knot.self = knot
  queue:put(knot)
  local copy = queue:get()
  equal({ #copy, rawequal(copy.self, copy) }, { #knot, true })
end

function cases.test_apply()
  local pool <close> = mp.Pool(4)
  equal(pool:apply(sqr, { 5 }), 25)
  equal(pool:apply(mul, { 3, 7 }), 21)
  equal(pool:apply(mul, { 3 }), 6)
  equal(pool:apply(function(...) return select("#", ...) end), 0)
  equal(pool:apply(function(...) return select("#", ...) end, table.pack(nil, 1, nil)), 3)
end

function cases.test_map()
  local pool <close> = mp.Pool(4)
  equal(pool:map(sqr, upto(10)), squares(10))
  equal(pool:map(sqr, upto(100), 20), squares(100))
  equal(pool:map(sqr, upto(100), 1000), squares(100))
end

function cases.test_map_of_nils()
  local pool <close> = mp.Pool(4)
  local results = pool:map(function(x) if x % 2 == 0 then return x end end, upto(9))
  equal(#results, 9)
  equal(results.n, 9)
  equal(results[8], 8)
  equal(results[9], nil)
end

function cases.test_results_are_a_list()
  local pool <close> = mp.Pool(2)
  for _, f in ipairs { identity, function(x) if x == 2 then return x end end } do
    local results, seen = pool:map(f, upto(4)), {}
    for place, value in pairs(results) do seen[place] = value end
    equal(seen, f == identity and upto(4) or { [2] = 2 })
    results[#results + 1] = "fifth"
    results[#results + 1] = "sixth"
    table.insert(results, "seventh")
    equal({ #results, results.n, results[5], results[6], results[7] }, { 7, 7, "fifth", "sixth", "seventh" })
    equal(#pool:apply(identity, { results }), 7)
  end
end

function cases.test_starmap()
  local pool <close> = mp.Pool(4)
  local pairs_of, wanted = {}, {}
  for place = 1, 50 do pairs_of[place], wanted[place] = { place, place + 1 }, place * (place + 1) end
  equal(pool:starmap(mul, pairs_of), wanted)
  equal(pool:starmap(mul, pairs_of, 7), wanted)
end

function cases.starmap_takes_lists()
  local pool <close> = mp.Pool(2)
  for place, item in pairs { 7, "ab", true } do
    local items = { { 1, 2 }, { 3, 4 }, { 5, 6 } }
    items[place] = item
    local wanted = ("starmap: item %d is a %s, not a list of arguments"):format(place, type(item))
    raises(wanted, pool.starmap, pool, mul, items)
    raises(wanted, function() return pool:starmap_async(mul, items):get() end)
  end
end

function cases.test_starmap_async()
  local pool <close> = mp.Pool(4)
  equal(pool:starmap_async(mul, { { 1, 2 }, { 3, 4 } }):get(), { 2, 12 })
end

function cases.test_map_async()
  local pool <close> = mp.Pool(4)
  equal(pool:map_async(sqr, upto(10)):get(), squares(10))
end

function cases.test_map_async_callbacks()
  local pool <close> = mp.Pool(4)
  local called = {}
  local function note(value) called[#called + 1] = value end
  pool:map_async(tonumber, { "1" }, nil, note, note):wait()
  equal(#called, 1)
  equal(called[1], { 1 })
  pool:map_async(error, { "a" }, nil, note, note):wait()
  equal(#called, 2)
  equal(called[2].kind, "error")
  pool:map_async(sqr, { 3 }, { callback = note, error_callback = note }):wait()
  equal(#called, 3)
  equal(called[3], { 9 })
end

function cases.test_map_unplicklable()
  local pool <close> = mp.Pool(4)
  raises("cannot send userdata", pool.map, pool, sqr, { 1, io.stdout })
  raises("items[3]", pool.map, pool, sqr, { 1, 2, coroutine.create(print), 4 })
  raises("cannot send", pool.apply, pool, sqr, { io.stdout })
  raises("cannot send", pool.map, pool, function() return io.stdout end, { 1 })
  local file = io.tmpfile()
  raises("cannot send", pool.map, pool, function() return file end, { 1 })
  file:close()
  equal(pool:map(sqr, { 2 }), { 4 })
end

function cases.test_map_chunksize()
  local pool <close> = mp.Pool(4)
  equal(pool:map_async(sqr, {}, 1):get(20), {})
  for _, bad in ipairs { 0, -1, 0.5, "3" } do raises("chunksize", pool.map, pool, sqr, { 1 }, bad) end
end

function cases.test_map_handle_iterable_exception()
  local pool <close> = mp.Pool(4)
  for _, count in ipairs { 0, 3, 100 } do
    raises("the iterator exploded", pool.map, pool, sqr, exploding(count))
    raises("the iterator exploded", pool.map, pool, sqr, exploding(count), 1)
  end
  local lying = setmetatable({}, { __len = function() return 1 << 40 end, __index = function() error("it lies", 0) end })
  raises("it lies", pool.map, pool, sqr, lying)
  equal(pool:map(sqr, upto(10)), squares(10))
end

function cases.test_async()
  local pool <close> = mp.Pool(4)
  local result = pool:apply_async(sqr, { 7, 0.05 })
  equal(result:get(), 49)
  equal(result:get(), 49)
  equal(result:ready(), true)
  equal(result:successful(), true)
end

function cases.test_async_timeout()
  local pool <close> = mp.Pool(4)
  local event = mp.Event()
  local result = pool:apply_async(function() return event:wait() end)
  raises("not ready", result.successful, result)
  equal(result:ready(), false)
  for _, timeout in ipairs { 0.05, 0, false } do
    equal(raises("no result within", result.get, result, timeout).kind, "timeout")
    equal({ result:wait(timeout) }, { nil, "timeout" })
  end
  event:set()
  equal(result:wait(), true)
  equal(result:get(), true)
end

function cases.test_imap()
  local pool <close> = mp.Pool(4)
  equal(collect(pool:imap(sqr, upto(10))), squares(10))
  local iterator = pool:imap(sqr, upto(10))
  for place = 1, 10 do equal({ iterator() }, { place, place * place }) end
  equal(iterator(), nil)
  equal(iterator(), nil)
  equal(collect(pool:imap(sqr, upto(1000), 100)), squares(1000))
end

function cases.test_imap_is_lazy()
  local pool <close> = mp.Pool(2)
  local taken = 0
  local iterator = pool:imap(identity, function()
    taken = taken + 1
    return taken
  end)
  for place = 1, 100 do equal({ iterator() }, { place, place }) end
  assert(taken < 200, taken)
end

function cases.test_imap_handle_iterable_exception()
  local pool <close> = mp.Pool(4)
  raises("the iterator exploded", pool:imap(sqr, exploding(0), 1))
  for _, chunksize in ipairs { 1, 2, 4 } do
    local iterator = pool:imap(sqr, exploding(7), chunksize)
    for place = 1, 7 do equal({ iterator() }, { place, place * place }) end
    raises("the iterator exploded", iterator)
  end
  equal(pool:map(sqr, upto(10)), squares(10))
end

function cases.test_imap_unordered()
  local pool <close> = mp.Pool(4)
  for _, chunksize in ipairs { 1, 53 } do
    local list, count = collect(pool:imap_unordered(sqr, upto(420), chunksize))
    equal(count, 420)
    equal(list, squares(420))
  end
end

function cases.test_imap_unordered_handle_iterable_exception()
  local pool <close> = mp.Pool(4)
  for _, chunksize in ipairs { 1, 3 } do
    local seen = {}
    raises("the iterator exploded", function()
      for _, value in pool:imap_unordered(sqr, exploding(10), chunksize) do seen[#seen + 1] = value end
    end)
    equal(#seen, 10)
  end
end

function cases.test_imap_failures_keep_their_places()
  local pool <close> = mp.Pool(4)
  local iterator = pool:imap(function(x)
    if x % 3 == 0 then error("three", 0) end
    return x
  end, upto(9))
  for place = 1, 9 do
    if place % 3 == 0 then
      equal(raises("three", iterator).index, place)
    else
      equal({ iterator() }, { place, place })
    end
  end
  equal(iterator(), nil)
end

function cases.test_make_pool()
  for _, bad in ipairs { -1, 0, 0.5, "3" } do
    raises("processes", mp.Pool, bad)
    raises("processes", mp.Pool, { processes = bad })
  end
  local pool <close> = mp.Pool(3)
  local barrier = mp.Barrier(3)
  pool:map(function() barrier:wait() end, { 1, 2, 3 }, 1)
  equal(#mp.active_children(), 3)
  local worker = mp.active_children()[1]
  equal(worker:is_alive(), true)
  worker:kill()
  equal(worker:join(), true)
  equal(worker:is_alive(), false)
end

function cases.test_terminate()
  local pool = mp.Pool(4)
  pool:map_async(sleep, (function()
    local list = {}
    for place = 1, 10000 do list[place] = 100 end
    return list
  end)(), 1)
  pool:terminate()
  pool:join()
end

function cases.test_terminate_ends_what_workers_run()
  local pool = mp.Pool(2)
  local result = pool:map_async(function() os.execute "sleep 611; true" end, { 1, 2 })
  soon(function()
    local found <close> = io.popen "pgrep -fc '^sleep 611'"
    return found:read "n" == 2
  end)
  pool:terminate()
  raises("the pool was terminated", result.get, result)
  soon(function()
    local found <close> = io.popen "pgrep -fc '^sleep 611'"
    return found:read "n" == 0
  end)
end

function cases.test_empty_iterable()
  local pool <close> = mp.Pool(1)
  equal(pool:map(sqr, {}), {})
  equal(#pool:map(sqr, function() end), 0)
  equal(select(2, collect(pool:imap(sqr, {}))), 0)
  equal(select(2, collect(pool:imap_unordered(sqr, {}))), 0)
  equal(pool:map_async(sqr, {}):get(), {})
  equal(pool:starmap(sqr, {}), {})
end

function cases.test_context()
  local outer
  do
    local pool <close> = mp.Pool(2)
    equal(pool:map_async(sqr, upto(10)):get(), squares(10))
    outer = pool
  end
  raises("the pool is terminated", outer.map_async, outer, sqr, upto(10))
end

function cases.test_enter()
  local pool = mp.Pool(1)
  pool:close()
  raises("the pool is closed", pool.map, pool, sqr, { 1 })
  pool:join()
  raises("the pool is closed", pool.apply, pool, sqr, { 1 })
end

function cases.test_join_needs_close()
  local pool <close> = mp.Pool(1)
  raises("pool:close()", pool.join, pool)
end

function cases.test_traceback()
  local pool <close> = mp.Pool(1)
  local failure = raises("pool.lua", pool.apply, pool, function() error "123" end)
  assert(failure.message:find "pool.lua:%d+: 123$", failure.message)
  assert(failure.traceback:find("123\nstack traceback:", 1, true), failure.traceback)
  assert(failure.traceback:find("pool.lua:", 1, true), failure.traceback)
  equal(type(raises("the iterator exploded", pool.map, pool, sqr, exploding(0))), "string")
end

function cases.test_wrapped_exception()
  local pool <close> = mp.Pool(1)
  local failure = raises("table", pool.apply, pool, function() error { code = 7 } end)
  equal(failure.value, { code = 7 })
  equal(failure.kind, "error")
  equal(raises("boom", pool.apply, pool, function() error("boom", 0) end).value, "boom")
  equal(raises("nil", pool.apply, pool, function() error(nil) end).value, nil)
  equal(raises("", pool.apply, pool, function() error(io.stdout) end).kind, "error")
  local looping = raises("", pool.apply, pool, function() error(setmetatable({}, { __tostring = error })) end)
  equal(looping.kind, "error")
end

--! errors pmap: nobody asked for what map_async came to, in which 20 items failed, the first at place 1: xxx‹…›
function cases.test_map_no_failfast()
  local pool = mp.Pool(2)
  local begun = mp.Value("i", 0)
  local big = ("x"):rep(1 << 20)
  local failure = raises("xxx", pool.map, pool, function(item)
    begun:add(1)
    if item > 2 then sleep(0.05) else error(big, 0) end
    return item
  end, upto(6), 1)
  equal(failure.index, 1)
  equal(#failure.message, 1 << 20)
  equal(begun.value, 6)
  equal(failure.results[6], 6)
  equal(#failure.errors[2].message, 1 << 20)
  pool:map_async(function() error(big, 0) end, upto(20), 1)
  pool:close()
  pool:join()
end

function cases.test_release_task_refs()
  local pool <close> = mp.Pool(2)
  local kept = setmetatable({}, { __mode = "k" })
  do
    local items = {}
    for place = 1, 10 do
      items[place] = { place }
      kept[items[place]] = true
    end
    local results = pool:map(function(item) return { item[1] } end, items)
    for _, result in ipairs(results) do kept[result] = true end
  end
  collectgarbage()
  collectgarbage()
  equal(next(kept), nil)
end

function cases.test_async_error_callback()
  local pool <close> = mp.Pool(2)
  local failure
  local result = pool:apply_async(function() error { key = "error" } end, {}, nil, function(raised) failure = raised end)
  raises("", result.get, result)
  equal(failure.value, { key = "error" })
end

function cases.test_unpickleable_result()
  local pool <close> = mp.Pool(2)
  local pids = {}
  for _ = 1, 20 do
    local failure
    local result = pool:apply_async(function() return { io.stdout } end, {}, nil, function(raised) failure = raised end)
    local raised = raises("cannot send userdata (FILE*) at result[1]", result.get, result)
    equal(raised.kind, "unsendable")
    equal(failure.kind, "unsendable")
    pids[pool:apply(mp.getpid)] = true
  end
  local count = 0
  for _ in pairs(pids) do count = count + 1 end
  assert(count <= 2, count)
end

function cases.test_pool_worker_lifetime()
  local pool = mp.Pool { processes = 3, maxtasksperchild = 10 }
  local pids = {}
  for _, each in ipairs(pool:map(function(x) return { x, mp.getpid() } end, upto(100), 1)) do
    pids[each[2]] = (pids[each[2]] or 0) + 1
  end
  local count = 0
  for _, items in pairs(pids) do
    count = count + 1
    assert(items <= 10, items)
  end
  assert(count >= 10, count)
  equal(pool:map(sqr, upto(100), 1), squares(100))
  pool:close()
  pool:join()
end

function cases.test_pool_worker_lifetime_early_close()
  local pool = mp.Pool { processes = 3, maxtasksperchild = 1 }
  local results = {}
  for place = 1, 6 do results[place] = pool:apply_async(sqr, { place, 0.05 }) end
  pool:close()
  pool:join()
  for place = 1, 6 do equal(results[place]:get(), place * place) end
end

function cases.test_pool_maxtasksperchild_invalid()
  for _, bad in ipairs { 0, -1, 0.5, "12" } do raises("maxtasksperchild", mp.Pool, { maxtasksperchild = bad }) end
end

function cases.test_worker_finalization_via_atexit_handler_of_multiprocessing()
  local output, status = expect.script [[
    local mp = require "multiprocessing"
    pool = mp.Pool(3)
    pool:map(tostring, { 1, 2, 3 })
    print "done"]]
  equal(output, "done\n")
  equal(status, 0)
end

function cases.test_release_unused_processes()
  -- A supervisor needs one descriptor for each child.
  local output, status = expect.script([[
    local mp = require "multiprocessing"
    local pool = mp.Pool(200)
    local _, failure = pcall(pool.map, pool, require "_multiprocessing".sleep, { 9 })
    print(failure)]], nil, "ulimit -n 64;")
  assert(output:find "cannot start the pool's workers: .*Too many open files\n$", output)
  equal(status, 0)
end

function cases.test_pool_in_process_without_standard_input()
  local output, status = expect.script([[
    local mp = require "multiprocessing"
    local process = mp.Process(function()
      io.stdin:close()
      local pool <close> = mp.Pool(2)
      print(table.concat(pool:map(function(x) return x * 2 end, { 1, 2, 3 }), " "))
    end)
    process:start()
    process:join()
    os.exit(process.exitcode)]], "/dev/null")
  equal(output, "2 4 6\n")
  equal(status, 0)
end

function cases.test_no_fork_bomb()
  local output, status = expect.script [[
    local mp = require "multiprocessing"
    local pool = mp.Pool(2)
    print(#pool:map(tostring, { 1, 2, 3 }))
    pool:close()
    pool:join()]]
  equal(output, "3\n")
  equal(status, 0)
end

function cases.test_initializer()
  raises("initializer", mp.Pool, { initializer = 1 })
  local counter = mp.Value("i", 0)
  local pool = mp.Pool { processes = 4, initializer = function(step) counter:add(step) end, initargs = { 5 } }
  local barrier = mp.Barrier(4)
  pool:map(function() barrier:wait() end, upto(4), 1)
  equal(counter.value, 20)
  pool:close()
  pool:join()
end

function cases.test_initializer_sets_globals()
  local pool <close> = mp.Pool { processes = 2, initializer = function(value) shared_by_initializer = value end, initargs = { { 42 } } }
  for _, seen in ipairs(pool:map(function() return shared_by_initializer[1] end, upto(20), 1)) do equal(seen, 42) end
end

function cases.test_initializer_that_raises()
  local pool <close> = mp.Pool { processes = 3, initializer = function() error("no database", 0) end }
  local results = { pool:map_async(sqr, upto(10)), pool:apply_async(sqr, { 1 }) }
  for _, result in ipairs(results) do raises("no database", result.get, result) end
  raises("no database", pool.map, pool, sqr, upto(3))
end

function cases.test_initializer_that_crashes()
  local pool <close> = mp.Pool { processes = 3, initializer = function() os.execute "kill -11 $PPID" end }
  raises("SIGSEGV", pool.map, pool, sqr, upto(10))
  raises("SIGSEGV", pool.map, pool, sqr, upto(10))
end

function cases.test_initializer_that_exits()
  local pool <close> = mp.Pool { processes = 3, initializer = function() os.exit(4) end }
  raises("status 4", pool.map, pool, sqr, upto(10))
end

function cases.test_large_pool()
  local pool = mp.Pool(200)
  equal(pool:map(sqr, upto(1000), 1), squares(1000))
  pool:close()
  pool:join()
end

function cases.test_nested_pools()
  local pool <close> = mp.Pool(2)
  local sums = pool:map(function(x)
    local inner <close> = mp.Pool(2)
    local sum = 0
    for _, each in ipairs(inner:map(function(y) return x * y end, { 1, 2, 3 })) do sum = sum + each end
    return sum
  end, { 1, 2, 3, 4 })
  equal(sums, { 6, 12, 18, 24 })
end

function cases.test_pool_in_a_process()
  local process = mp.Process(function()
    local pool <close> = mp.Pool(2)
    return pool:map(sqr, upto(5))
  end)
  process:start()
  equal(process:result(), squares(5))
end

function cases.test_pool_of_the_parent_is_not_the_childs()
  local pool <close> = mp.Pool(2)
  equal(pool:map(sqr, upto(3)), squares(3))
  local process = mp.Process(function() return tostring(select(2, pcall(pool.map, pool, sqr, { 1 }))) end)
  process:start()
  assert(tostring(process:result()):find "another process", process:result())
  equal(pool:map(sqr, upto(3)), squares(3))
end

function cases.test_two_pools()
  local first <close> = mp.Pool(2)
  local second <close> = mp.Pool(3)
  local a, b = first:map_async(sqr, upto(100), 1), second:map_async(mul, upto(100), 1)
  equal(b:get()[100], 200)
  equal(a:get(), squares(100))
end

function cases.test_callback_that_raises()
  local pool <close> = mp.Pool(2)
  local called = 0
  local function callback()
    called = called + 1
    error("callback " .. called, 0)
  end
  local results, event = {}, mp.Event()
  local function task(x)
    event:wait()
    return x * x
  end
  for place = 1, 3 do results[place] = pool:apply_async(task, { place }, callback) end
  local raised = pcall(event.set, event) and 0 or 1
  soon(function()
    for place = 1, 3 do
      if not pcall(results[place].ready, results[place]) then raised = raised + 1 end
    end
    return called == 3
  end)
  equal(raised, 3)
  for place = 1, 3 do equal(results[place]:get(), place * place) end
end

function cases.test_callback_that_submits()
  local pool <close> = mp.Pool(2)
  local last
  pool:apply_async(sqr, { 3 }, function(value)
    pool:apply_async(sqr, { value }, function(again) last = again end)
  end)
  soon(function()
    pool:apply(identity, { 1 })
    return last
  end)
  equal(last, 81)
end

function cases.test_one_death_costs_one_item()
  for _, signal in ipairs { 9, 11, 15, 6 } do
    local pool <close> = mp.Pool(3)
    local failure = raises("while it ran this item", pool.map, pool, function(x)
      if x % 10 == 0 then os.execute("kill -" .. signal .. " $PPID; sleep 5") end
      return x
    end, upto(50))
    equal(failure.kind, "crash")
    equal(failure.exitcode, -signal)
    for place = 1, 50 do
      equal(failure.results[place], place % 10 ~= 0 and place or nil)
      equal(failure.errors[place] and failure.errors[place].exitcode, place % 10 == 0 and -signal or nil)
    end
    equal(pool:map(sqr, upto(50)), squares(50))
  end
end

function cases.test_exit_costs_one_item()
  local pool <close> = mp.Pool(2)
  for _, status in ipairs { 0, 3, true, false } do
    local failure = raises("exited with status", pool.map, pool, function(x)
      if x == 7 then os.exit(status) end
      return x
    end, upto(20))
    equal(failure.index, 7)
    equal(#failure.results, 20)
  end
  local failure = raises("exited with status 0", pool.map, pool, function(x)
    if x == 7 then os.exit(true, true) end
    return x
  end, upto(20))
  equal(failure.index, 7)
end

function cases.test_death_in_a_finalizer_after_the_result()
  local pool <close> = mp.Pool(2)
  local results = pool:map(function(x)
    local mine = mp.getpid()
    setmetatable({}, { __gc = function() if mp.getpid() == mine then os.execute "kill -9 $PPID" end end })
    return x
  end, upto(20), 1)
  equal(results, upto(20))
end

function cases.test_large_results()
  local pool <close> = mp.Pool(2)
  local results = pool:map(function(size) return ("x"):rep(size) end, { 100 << 20, 1, 0, 300 << 10 })
  equal(#results[1], 100 << 20)
  equal(#results[2], 1)
  equal(#results[3], 0)
  equal(#results[4], 300 << 10)
  equal(pool:map(string.len, { ("y"):rep(50 << 20), "z" }), { 50 << 20, 1 })
end

--- Results that are longer than the buffer of a task come in messages of their own.
function cases.test_results_of_any_size_come_once()
  local pool <close> = mp.Pool(2)
  local sizes = { 5000, 1, 4000, 70000, 5000, 0, 300000, 5000 }
  local function text(size) return ("x"):rep(size) end
  local function listed(size) return size > 4000 and { text(size) } or text(size) end
  local function failing(size) return size > 4000 and error(text(size), 0) or size end
  for _, chunksize in ipairs { 1, 3, 8 } do
    for _, call in ipairs { "imap", "imap_unordered" } do
      local list, count = collect(pool[call](pool, text, sizes, chunksize))
      equal(count, #sizes)
      for place, size in ipairs(sizes) do equal(#list[place], size) end
      list, count = collect(pool[call](pool, listed, sizes, chunksize))
      equal(count, #sizes)
      equal(#list[7][1], 300000)
      local iterator, failures = pool[call](pool, failing, sizes, chunksize), 0
      for _ = 1, #sizes do
        if not pcall(iterator) then failures = failures + 1 end
      end
      equal({ failures, iterator() }, { 5 })
    end
    for place, each in ipairs(pool:map(text, sizes, chunksize)) do equal(#each, sizes[place]) end
  end
end

function cases.test_imap_after_close()
  local pool = mp.Pool(2)
  local iterator = pool:imap(sqr, upto(1000))
  pool:close()
  equal(collect(iterator), squares(1000))
  pool:join()
end

--- A function that counts its calls, and how many there were.
local function counted(f)
  local calls = mp.Value("i", 0)
  return function(...)
    calls:add(1)
    return f(...)
  end, function() return calls.value end
end

--- Gives 1 to `count`.
local function numbers(count)
  local place = 0
  return function()
    place = place + 1
    if place <= count then return place end
  end
end

function cases.test_iterators_that_nobody_reads_are_run()
  for _, call in ipairs { "imap", "imap_unordered" } do
    for _, chunksize in ipairs { 1, 7 } do
      local pool, f, calls = mp.Pool(2), counted(identity)
      for _, items in ipairs { pmap.range(300), upto(300), numbers(300) } do pool[call](pool, f, items, chunksize) end
      pool:close()
      pool:join()
      equal(calls(), 900)
    end
  end
end

function cases.test_iterators_read_by_hand_keep_their_results()
  local pool, f, calls = mp.Pool(2), counted(sqr)
  local ordered, unordered = pool:imap(f, numbers(500)), pool:imap_unordered(f, upto(500), 3)
  equal({ ordered() }, { 1, 1 })
  pool:close()
  pool:join()
  equal(calls(), 1000)
  local list = collect(ordered)
  list[1] = 1
  equal(list, squares(500))
  equal(collect(unordered), squares(500))
  equal(ordered(), nil)
end

function cases.test_iterators_that_fail_when_nobody_reads()
  local pool = mp.Pool(2)
  local failing = pool:imap(function(x) error("item " .. x, 0) end, exploding(3))
  pool:close()
  pool:join()
  for place = 1, 3 do raises("item " .. place, failing) end
  raises("the iterator exploded", failing)
end

function cases.test_a_loop_that_is_left_reads_no_more()
  local pool = mp.Pool(2)
  for _, call in ipairs { "imap", "imap_unordered" } do
    for _, way in ipairs { "break", "error", "close" } do
      local read, f, calls = 0, counted(identity)
      local function items()
        read = read + 1
        return read
      end
      if way == "close" then
        local iterator = pool[call](pool, f, items)
        iterator()
        iterator:close()
        equal(iterator(), nil)
        iterator:close()
      else
        pcall(function()
          for _ in pool[call](pool, f, items) do
            if way == "break" then break end
            error "left"
          end
        end)
      end
      local before = read
      assert(before <= 65, before) -- eight times what two workers have, ahead of the one that was taken
      equal(pool:map(sqr, upto(100)), squares(100))
      equal(read, before)
      assert(calls() <= read)
    end
  end
  pool:close()
  pool:join()
end

function cases.test_a_closed_iterator_drops_what_was_not_begun()
  local pool, begun, go = mp.Pool(1), mp.Semaphore(0), mp.Event()
  local f, calls = counted(function()
    begun:release()
    go:wait()
  end)
  local iterator = pool:imap(f, upto(100))
  begun:acquire()
  iterator:close()
  go:set()
  pool:close()
  pool:join()
  equal(calls(), 1)
end

function cases.test_iterators_feed_iterators()
  local pool = mp.Pool(2)
  local f, calls = counted(function(place) return place end)
  pool:imap(f, pool:imap(sqr, numbers(200)))
  pool:close()
  pool:join()
  equal(calls(), 200)
end

--- Results are dropped as they come.
function cases.test_memory_is_bounded_when_nobody_reads()
  local pool = mp.Pool(2)
  pool:imap(function() return ("x"):rep(1 << 20) end, upto(150))
  collectgarbage()
  pool:close()
  pool:join()
  assert(collectgarbage "count" < 50 << 10, collectgarbage "count")
end

--! errors pmap: still reading items at ‹…›pool.lua:‹…›, ‹…› so far\n
function cases.test_join_says_that_it_reads()
  local pool = mp.Pool(1)
  pool:imap(identity, function() return not expect.said "so far\n" and 1 or nil end, 64)
  pool:close()
  pool:join()
end

function cases.test_what_a_script_leaves_is_told()
  local begin = 'local pool = require "multiprocessing".Pool(2)\n'
  local last = "; pool:close() and pool:join() wait for them\n"
  local f, sleeper = "function(x) return x end", 'require "_multiprocessing".sleep'
  for script, told in pairs {
    ["pool:imap(" .. sleeper .. ", { 100 })"] = "1 item of a pool may not have been finished when the script ended",
    ["pool:imap_unordered(" .. sleeper .. ", { 100, 100, 100 })"] = "3 items of a pool may not have been finished when the script ended",
    ["pool:map_async(" .. sleeper .. ", { 100, 100 }) os.exit(0)"] = "2 items of a pool may not have been finished when the script ended",
    ["it = pool:imap(" .. sleeper .. ", function() return 100 end, 3) pool:close()"] =
      "24 items of a pool, and what an iterator would have given, may not have been finished when the script ended",
  } do
    equal({ expect.script(begin .. script) }, { "pmap: " .. told .. last, 0 })
  end
  for _, quiet in ipairs {
    "for _ in pool:imap(" .. f .. ", pmap.range(1000)) do break end",
    "pool:imap(" .. sleeper .. ", { 100 }) pool:terminate()",
    "pool:imap(" .. f .. ", { 1, 2 }) pool:close() pool:join()",
  } do
    equal({ expect.script(begin .. quiet) }, { "", 0 })
  end
end

function cases.test_nil_among_the_items()
  local pool <close> = mp.Pool(2)
  local wanted = { "a", "nil", "c" }
  for _, call in ipairs { "imap", "imap_unordered" } do
    for _, items in ipairs { table.pack("a", nil, "c"), { "a", nil, "c" } } do
      for _, chunksize in ipairs { 1, 2, 5 } do
        local list, count = collect(pool[call](pool, tostring, items, chunksize))
        equal(list, wanted)
        equal(count, 3)
      end
    end
    equal({ collect(pool[call](pool, tostring, table.pack(nil, nil))) }, { { "nil", "nil" }, 2 })
    equal({ collect(pool[call](pool, tostring, { n = 0 })) }, { {}, 0 })
  end
end

function cases.test_an_item_that_cannot_travel_costs_itself()
  local pool = mp.Pool(2)
  for _, chunksize in ipairs { 1, 3 } do
    local iterator = pool:imap(identity, { 1, io.stdout, 3 }, chunksize)
    equal({ iterator() }, { 1, 1 })
    equal(raises("cannot send userdata (FILE*) at items[2]", iterator).kind, "unsendable")
    equal({ iterator() }, { 3, 3 })
    equal(iterator(), nil)
  end
  raises("cannot send", pool.map_async, pool, identity, { 1, io.stdout, 3 }, 1)
  pool:close()
  pool:join()
end

function cases.test_all_results()
  local pool <close> = mp.Pool(2)
  local function two(x) return nil, "no such file " .. x end
  equal({ pool:apply(two, { 1 }) }, { nil, "no such file 1" })
  equal(table.pack(pool:apply(function() return 1, nil, nil end)), table.pack(1, nil, nil))
  equal(table.pack(pool:apply(function() end)), table.pack(nil))
  local same = {}
  local first, second = pool:apply(function() return same, same end)
  equal(rawequal(first, second), true)
  local called
  local result = pool:apply_async(two, { 2 }, function(...) called = table.pack(...) end)
  equal(table.pack(result:get()), table.pack(nil, "no such file 2"))
  equal(table.pack(result:get()), table.pack(nil, "no such file 2"))
  equal(called, table.pack(nil, "no such file 2"))
  for _, call in ipairs { "imap", "imap_unordered" } do
    for _, chunksize in ipairs { 1, 3 } do
      local count = 0
      for place, nothing, text, more in pool[call](pool, two, upto(10), chunksize) do
        equal({ nothing, text, more }, { nil, "no such file " .. place })
        count = count + 1
      end
      equal(count, 10)
    end
  end
  equal(pool:map(mul, { 1, 2 }), { 2, 4 })
  equal(pool:map(function(x) return x, "second" end, { 1, 2 }), { 1, 2 })
  equal(pool:starmap(function(x, y) return y, x end, { { 1, 2 } }), { 2 })
  raises("cannot send userdata (FILE*) at result[2]", pool.apply, pool, function() return 1, io.stdout end)
  equal(#select(2, pool:apply(function() return 1, ("x"):rep(1 << 20) end)), 1 << 20)
end

function cases.test_errors_that_nobody_asks_for_are_told()
  local begin = [[
    local mp = require "multiprocessing"
    local pool = mp.Pool(2)
    local function fail(x) if x % 2 == 0 then error("item " .. x .. "\nand more", 0) end return x end
  ]]
  local ending = "\npool:close() pool:join()"
  for script, told in pairs {
    ["pool:apply_async(fail, { 2 })"] = "nobody asked for the error of apply_async: item 2",
    ["kept = pool:apply_async(fail, { 2 }) kept:wait()"] = "nobody asked for the error of apply_async: item 2",
    ["pool:apply_async(fail, { 2 }, print)"] = "nobody asked for the error of apply_async: item 2",
    ["pool:map_async(fail, { 1, 2, 3, 4 })"] = "nobody asked for what map_async came to, in which 2 items failed, the first at place 2: item 2",
    ["kept = pool:imap(fail, { 1, 2 })"] = "nobody asked for what imap came to, in which 1 item failed, the first at place 2: item 2",
    ["pool:imap_unordered(fail, pmap.range(100)) collectgarbage()"] =
      "nobody asked for what imap_unordered came to, in which 50 items failed, the first at place 2: item 2",
    ["pool:apply_async(os.exit, { 7 })"] = "nobody asked for the error of apply_async: the worker (pid ‹number›) exited with status 7 "
      .. "while it ran this item; the others went on",
    ["mp.Process(function() local pool = mp.Pool(1) pool:apply_async(fail, { 2 }):wait() end):start()"] =
      "nobody asked for the error of apply_async: item 2",
  } do
    local output, status = expect.script(begin .. script .. ending)
    equal({ output:gsub("pid %d+", "pid ‹number›"), status }, { "pmap: " .. told .. "\n", status > 0 and status or 0 })
  end
  for _, asked in ipairs {
    "local r = pool:apply_async(fail, { 2 }) pool:close() pool:join() pcall(r.get, r)",
    "pool:apply_async(fail, { 2 }, nil, function() end)",
    "local r = pool:apply_async(fail, { 2 }) r:wait() r:successful()",
    "pcall(pool.map, pool, fail, { 2 }) pcall(pool.apply, pool, fail, { 2 })",
    "pool:apply_async(function() pmap.sleep(60) error() end) pool:terminate()",
    "local it = pool:imap(fail, { 2 }) pcall(it)",
  } do
    equal({ expect.script(begin .. asked .. ending) }, { "", 0 })
  end
end

function cases.test_errors_are_told_when_the_result_is_collected()
  local output = expect.script [[
    local pool = require "multiprocessing".Pool(1)
    pool:apply_async(error, { "first" })
    collectgarbage()
    pool:apply(tostring, { 1 })
    io.stderr:write "then\n"]]
  equal(output, "pmap: nobody asked for the error of apply_async: first\nthen\n")
end

function cases.test_results_are_of_the_process_that_asked()
  local pool, event = mp.Pool(1), mp.Event()
  local result, iterator = pool:apply_async(function() return event:wait() end), pool:imap(identity, { 1 })
  expect.ended(function()
    raises("the result is another process's; ask for it there", result.get, result)
    raises("the result is another process's", result.ready, result)
    raises("the iterator is another process's", iterator)
    raises("the pool is another process's", pool.join, pool)
    raises("the pool is another process's", pool.close, pool)
  end)
  event:set()
  equal(result:get(), true)
  expect.ended(function() equal(result:get(), true) end)
  equal({ iterator() }, { 1, 1 })
end

function cases.test_dropped_pools_are_ended()
  for _ = 1, 30 do mp.Pool(1):map_async(sleep, { 100 }, 1, print) end
  assert(#mp.active_children() < 20, #mp.active_children())
  collectgarbage()
  soon(function() return #mp.active_children() == 0 end)
end

function cases.test_imap_left_before_its_end()
  local pool = mp.Pool(2)
  for place in pool:imap(sqr, upto(10000)) do
    if place == 5 then break end
  end
  for place in pool:imap_unordered(sqr, upto(10000)) do
    if place == 5 then break end
  end
  equal(pool:map(sqr, upto(10)), squares(10))
  pool:close()
  pool:join()
end

function cases.test_pool_collected_while_it_runs()
  do mp.Pool(2):map_async(sleep, { 100, 100 }) end
  collectgarbage()
  collectgarbage()
end

function cases.test_supervisor_killed()
  local pool <close> = mp.Pool(2)
  local supervisor = pool:apply(function() return mp.current_process() and require "_multiprocessing".getppid() end)
  local result = pool:map_async(sleep, { 100, 100, 100 })
  os.execute("kill -9 " .. supervisor)
  raises("supervisor has died", result.get, result)
  raises("supervisor has died", pool.map, pool, sqr, { 1 })
end

function cases.test_worker_facts()
  local pool <close> = mp.Pool(2)
  equal(pool:apply(function() return mp.getppid() end), mp.getpid())
  assert(pool:apply(function() return mp.current_process().name end):find "PoolWorker")
  equal(pool:apply(function() return mp.current_process().daemon end), true)
end

function cases.test_random_differs_in_workers()
  local pool <close> = mp.Pool(2)
  local seen = {}
  for _, number in ipairs(pool:map(function() return math.random(0) end, upto(100), 1)) do
    assert(not seen[number])
    seen[number] = true
  end
end

function cases.test_primitives_travel()
  local pool <close> = mp.Pool(2)
  pool:apply(identity, { 1 })
  local lock, queue, value = mp.Lock(), mp.Queue(), mp.Value("i", 0)
  pool:starmap(function(shared_lock, shared_queue, shared_value, x)
    shared_lock:with(function() shared_value.value = shared_value.value + x end)
    shared_queue:put(x)
  end, (function()
    local list = {}
    for place = 1, 50 do list[place] = { lock, queue, value, place } end
    return list
  end)())
  equal(value.value, 50 * 51 // 2)
  equal(queue:qsize(), 50)
end

function cases.test_misuse()
  local pool <close> = mp.Pool(1)
  raises("write pool:map(…), with a colon", pool.map, sqr, { 1 })
  raises("args is a list: {1}", pool.apply, pool, sqr, 1)
  raises("a pool runs functions", pool.map, pool, 3, { 1 })
  raises("items are a list", pool.map, pool, sqr, 3)
  raises('processes is an integer of 1 or more, not "4"', mp.Pool, "4")
  raises('initargs is a list: {"x"}', mp.Pool, { initargs = "x" })
  raises("the initializer of a pool is a function, not a number", mp.Pool, { initializer = 5 })
end

function cases.test_items_that_are_no_list()
  local pool <close> = mp.Pool(1)
  local calls = { "map", "starmap", "map_async", "starmap_async", "imap", "imap_unordered" }
  for _, call in ipairs(calls) do
    raises('nothing at 1, but has the key "a"', pool[call], pool, sqr, { a = 1 })
    raises("nothing at 1, but has the key a", pool[call], pool, sqr, { [setmetatable({}, { __tostring = function() return "a" end })] = 1 })
  end
  raises("nothing at 1", pmap.map, sqr, { a = 1 })
  equal(#pool:map(sqr, pmap.range(0)), 0)
  equal(#pool:map(sqr, { n = 0 }), 0)
end

function cases.test_imap_timeout_is_a_number()
  local pool <close> = mp.Pool(1)
  raises("a timeout is a number of seconds, true or false, not a string", pool.imap, pool, sqr, { 1 }, 1, "x")
  equal(collect(pool:imap(sqr, { 1, 2 }, 1, true)), { 1, 4 })
end

function cases.test_unknown_options()
  local pool <close> = mp.Pool(1)
  raises("Pool has no option process; there are processes, initializer", mp.Pool, { process = 7 })
  raises("write mp.Pool(7), or mp.Pool{processes=7}", mp.Pool, { 7 })
  raises("apply_async has no option callbak; there are callback, ", pool.apply_async, pool, sqr, { 1 }, { callbak = print })
  raises("map_async has no option chunksiz;", pool.map_async, pool, sqr, { 1 }, { chunksiz = 1 })
  raises("starmap_async has no option chunksiz;", pool.starmap_async, pool, sqr, { { 1 } }, nil, { chunksiz = 1 })
  raises("pmap.map has no option processe; there are processes, chunksize, reduce, by_key", pmap.map, sqr, { 1 }, { processe = 2 })
  raises("the options of pmap.map are a table, { processes = … }, not a number", pmap.map, sqr, { 1 }, 2)
end

function cases.test_results_are_joined()
  equal(pmap.map(sqr, { 1, 2, 3 }, { reduce = pmap.sum }), 14)
  equal(pmap.map(sqr, {}, { reduce = "sum" }), 0)
  equal(table.concat(pmap.map(sqr, pmap.range(4), { reduce = "sum,mean" }), " "), "30 7.5")
  equal(table.concat(pmap.map(sqr, pmap.range(4), { reduce = { pmap.count, pmap.max } }), " "), "4 16")
  equal(pmap.map(sqr, {}, { reduce = { pmap.count, pmap.max } })[2], pmap.null)
  equal(pmap.map(sqr, pmap.range(5), { reduce = function(a, b) return ("(%s %s)"):format(a, b) end }), "(((1 4) (9 16)) 25)")
  raises("reduce has returned nil", pmap.map, sqr, { 1, 2 }, { reduce = function() end })
  raises('reduce = "a + b": write the name of a reducer, or function(a, b)', pmap.map, sqr, { 1 }, { reduce = "a + b" })
end

--- Keys and values in the order of `pairs`, as one text.
local function listed(groups, show)
  local texts = {}
  for key, value in pairs(groups) do texts[#texts + 1] = ("%s=%s"):format(key, (show or tostring)(value)) end
  return table.concat(texts, " ")
end

local function numbered(text)
  return function(number) return text, number end
end

function cases.test_results_of_one_key_are_joined()
  local function by_rest(number) return number % 3, number end
  local function join(left, right) return ("(%s %s)"):format(left, right) end
  equal(listed(pmap.map(by_rest, pmap.range(10), { by_key = true, reduce = "sum" })), "0=18 1=22 2=15")
  equal(pmap.map(numbered "k", pmap.range(5), { by_key = true, reduce = join }).k, "(((1 2) (3 4)) 5)")
  local places = { "a", "b", "b", "a", "a", "b" }
  local function placed(place) return places[place], place end
  local expected = "a=((1 4) 5) b=((2 3) 6)"
  equal(listed(pmap.map(placed, pmap.range(6), { by_key = true, reduce = join, processes = 2, chunksize = 1 })), expected)
  equal(listed(pmap.map(by_rest, pmap.range(4), { by_key = true, reduce = "variance" })), "0=nil 1=4.5 2=nil")
  local both = pmap.map(function(n) return n % 2, n, -n end, pmap.range(4), { by_key = true, reduce = "sum,min" })
  equal(table.concat(both[0], " ") .. ", " .. table.concat(both[1], " "), "6 -4, 4 -3")
  equal(listed(pmap.map(sqr, { 1, -1, 2 }, { by_key = true, reduce = pmap.count })), "1=2 4=1")
  equal(listed(pmap.map(by_rest, {}, { by_key = true, reduce = "sum" })), "")
end

function cases.test_keys_are_in_their_order()
  local keys = { "b", "a", 10, 9, 1.0, 1, -0.5, 1 << 62, true, false, "", "B" }
  local groups = pmap.map(function(key) return key, 1 end, keys, { by_key = true, reduce = "sum" })
  equal(listed(groups), "false=1 true=1 -0.5=1 1=2 9=1 10=1 4611686018427387904=1 =1 B=1 a=1 b=1")
  equal(math.type(next(pmap.map(numbered(2.0), { 1 }, { by_key = true }))), "integer")
end

function cases.test_without_a_reducer_the_values_of_a_key_are_a_list()
  local function show(list) return table.concat(list, ",") end
  equal(listed(pmap.map(function(n) return n % 2, n end, pmap.range(5), { by_key = true }), show), "0=2,4 1=1,3,5")
  local fields = pmap.map(function(n) return "k", n, nil, "c" end, { 1 }, { by_key = true }).k[1]
  equal(#fields, 3)
  equal(fields[2], pmap.null)
  equal(pmap.map(function(n) if n > 1 then return nil, nil end return "k", n end, { 1, 2 }, { by_key = true }).k, { 1 })
end

function cases.test_what_is_no_key_fails_its_item()
  local function fails(message, f, reduce)
    raises(message, pmap.map, f, { 1 }, { by_key = true, reduce = reduce })
  end
  fails("a key is a string, a number or a boolean, not table", function() return {}, 1 end)
  fails("a key is a string, a number or a boolean, not null", function() return pmap.null, 1 end)
  fails("a key is a string, a number or a boolean, not nil", function() return nil, 1 end)
  fails("a key is not nan", function() return 0 / 0, 1 end)
  fails("the record has a key and no value; return key, value", sqr, "sum")
  fails("it is so", function() return nil, "it is so" end)
  fails("nil is no number", function() return "k", nil end, "sum")
  local function odd(number) return number % 2 == 1 and number or {}, number end
  local _, failure = pcall(pmap.map, odd, { 1, 2, 3 }, { by_key = true })
  equal(failure.errors[2].kind, "error")
  raises("by_key is true or false, not a string", pmap.map, sqr, { 1 }, { by_key = "k" })
end

function cases.test_callbacks_are_functions()
  local pool <close> = mp.Pool(1)
  raises("callback is a function, not a number", pool.apply_async, pool, sqr, { 1 }, 5)
  raises("error_callback is a function, not a string", pool.map_async, pool, sqr, { 1 }, nil, nil, "x")
  raises("callback is a function, not a boolean", pool.map_async, pool, sqr, { 1 }, { callback = true })
  local called
  local callback = setmetatable({}, { __call = function(_, value) called = value end })
  pool:apply_async(sqr, { 3 }, callback):wait()
  equal(called, 9)
end

function cases.test_what_a_task_starts_is_waited_for()
  local queue, pool, event, script = mp.Queue(), mp.Pool(2), mp.Event(), mp.getpid()
  pool:apply(function()
    local function f()
      event:wait()
      expect.asleep(script)
      queue:put "done"
    end
    mp.Process(f):start()
  end)
  pool:close()
  event:set()
  pool:join()
  equal(queue:get(false), "done")
end

function cases.test_shared_lists_are_items()
  local pool <close> = mp.Pool(2)
  local manager <close> = mp.Manager()
  equal(pool:map(sqr, manager:list { 1, 2, 3 }), { 1, 4, 9 })
  equal(pool:map(sqr, mp.Array("i", { 2, 3 })), { 4, 9 })
end

expect.main()
