--- Managers and their proxies, as in CPython's tests of Manager and SyncManagerTypes.
local expect = require "cases"
local cases = expect.cases
local mp = require "multiprocessing"
local equal, raises, soon, sleep = expect.equal, expect.raises, expect.soon, expect.sleep
local ended = expect.ended

function cases.test_unsendable()
  local manager <close> = mp.Manager()
  local dict, list = manager:dict(), manager:list()
  raises("cannot send userdata (FILE*) at value.rows[2]", function() dict.a = { rows = { 1, io.stdout } } end)
  raises("cannot send a coroutine at value", function() list:append(coroutine.create(print)) end)
  dict.a = 1
  equal(dict.a, 1)
end

function cases.test_list()
  local manager <close> = mp.Manager()
  local a = manager:list { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 }
  equal(mp.copy(a), { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 })
  local b = manager:list()
  equal(#b, 0)
  b:extend { 1, 2, 3, 4, 5 }
  equal(b[3], 3)
  equal(b[-1], 5)
  equal(b[6], nil)
  b[2] = "two"
  equal(mp.copy(b), { 1, "two", 3, 4, 5 })
  b:append(6, 7)
  equal(#b, 7)
  b:insert(1, 0)
  equal(b[1], 0)
  equal(b:pop(), 7)
  equal(b:pop(1), 0)
  b:reverse()
  equal(mp.copy(b), { 6, 5, 4, 3, "two", 1 })
  b[5] = 2
  b:sort()
  equal(mp.copy(b), { 1, 2, 3, 4, 5, 6 })
  b:sort(function(x, y) return x > y end)
  equal(b[1], 6)
  equal(b:count(6), 1)
  b:clear()
  equal(#b, 0)
  raises("outside the list", function() b[3] = 1 end)
  raises('places are integers, not "x"', function() b.x = 1 end)
end

function cases.test_list_iter()
  local manager <close> = mp.Manager()
  local list, seen = manager:list { 10, 20, 30 }, {}
  for place, value in ipairs(list) do seen[place] = value end
  equal(seen, { 10, 20, 30 })
  seen = {}
  for place, value in pairs(list) do seen[place] = value end
  equal(seen, { 10, 20, 30 })
end

function cases.test_list_of_what_a_pool_takes()
  local manager <close> = mp.Manager()
  equal(mp.copy(manager:list(pmap.range(3))), { 1, 2, 3 })
  equal(mp.copy(manager:list(("a b"):gmatch "%a")), { "a", "b" })
  equal(mp.copy(manager:list(manager:list { 4, 5 })), { 4, 5 })
  equal(mp.copy(manager:list {}), {})
  raises("items are a list, an iterator or a pmap.range, not a string", manager.list, manager, "abc")
  raises('items are a list: { first, second }; this table has nothing at 1, but has the key "a"', manager.list, manager, { a = 1 })
end

function cases.test_list_proxy_in_list()
  local manager <close> = mp.Manager()
  local rows = manager:list()
  for row = 1, 3 do rows[row] = manager:list { row } end
  equal(mp.copy(rows[2]), { 2 })
  rows[2]:append "more"
  equal(mp.copy(rows[2]), { 2, "more" })
  equal(#rows[2], 2)
  local outer = manager:list { rows }
  outer[1][3]:append(9)
  equal(mp.copy(rows[3]), { 3, 9 })
end

function cases.test_dict()
  local manager <close> = mp.Manager()
  local dict = manager:dict()
  for code = 65, 69 do dict[code] = string.char(code) end
  equal(mp.copy(dict), { [65] = "A", [66] = "B", [67] = "C", [68] = "D", [69] = "E" })
  equal(dict[66], "B")
  equal(dict.missing, nil)
  dict[66] = nil
  equal(dict[66], nil)
  dict.get, dict.update, dict._handle, dict.__index = 1, 2, 3, 4
  equal({ dict.get, dict.update, dict._handle, dict.__index }, { 1, 2, 3, 4 })
  local seen = {}
  for key, value in pairs(dict) do
    seen[key] = value
    dict[key] = nil
    dict[tostring(key) .. "x"] = 1
  end
  equal(seen[65], "A")
  equal(seen.get, 1)
  equal(dict.getx, 1)
  equal(manager:dict { a = 1 }.a, 1)
end

function cases.test_dict_from_other_processes()
  local manager <close> = mp.Manager()
  local dict, processes = manager:dict(), {}
  for place = 1, 4 do
    processes[place] = mp.Process(function()
      for each = 1, 50 do
        dict[place * 100 + each] = each
        mp.update(dict, "sum", function(sum) return (sum or 0) + each end)
      end
    end)
    processes[place]:start()
  end
  for _, process in ipairs(processes) do process:join() end
  equal(dict.sum, 4 * 1275)
  equal(dict[450], 50)
end

function cases.test_dict_proxy_nested()
  local manager <close> = mp.Manager()
  local pets, dict = manager:dict { ferrets = 2 }, manager:dict()
  dict.pets = pets
  equal(dict.pets.ferrets, 2)
  dict.pets.hamsters = 4
  equal(pets.hamsters, 4)
  equal(dict.pets == pets, true)
  dict.pets.blankets = 3
  dict.plain = { blankets = 7 }
  dict.plain.blankets = 8
  equal(dict.plain.blankets, 7)
  local other = mp.Manager()
  dict.far = other:dict { x = 1 }
  dict.far.x = 2
  equal(dict.far.x, 2)
  other:shutdown()
end

function cases.test_nested_queue()
  local manager <close> = mp.Manager()
  local list = manager:list()
  for place = 1, 5 do
    list[place] = manager:Queue()
    list[place]:put(place)
  end
  for place = 1, 5 do equal(list[place]:get(), place) end
  local dict = manager:dict { queue = manager:Queue() }
  dict.queue:put "x"
  equal(dict.queue:get(), "x")
end

function cases.test_namespace()
  local manager <close> = mp.Manager()
  local names = manager:Namespace()
  names.name, names.job = "Bob", "Builder"
  names._hidden = "hidden"
  equal({ names.name, names.job, names._hidden }, { "Bob", "Builder", "hidden" })
  names.job = nil
  equal(names.job, nil)
  ended(function() names.seen = names.name end)
  equal(names.seen, "Bob")
  equal(manager:Namespace { x = 1 }.x, 1)
end

function cases.test_proxies_travel()
  local manager <close> = mp.Manager()
  local dict, list = manager:dict { n = 0 }, manager:list()
  local pool <close> = mp.Pool(3)
  pool:starmap(function(shared_dict, shared_list, x)
    mp.update(shared_dict, "n", function(n) return n + x end)
    shared_list:append(x)
  end, (function()
    local items = {}
    for place = 1, 30 do items[place] = { dict, list, place } end
    return items
  end)())
  equal(dict.n, 465)
  equal(#list, 30)
  local queue = mp.Queue()
  queue:put { dict }
  equal(queue:get()[1].n, 465)
  equal(queue:empty() and dict == dict, true)
end

function cases.test_update()
  local manager <close> = mp.Manager()
  local dict = manager:dict { list = { 1 } }
  equal(mp.update(dict, "list", function(list, value)
    list[#list + 1] = value
    return list
  end, 2), { 1, 2 })
  equal(dict.list, { 1, 2 })
  raises("no update", mp.update, dict, "list", function() error("no update", 0) end)
  equal(dict.list, { 1, 2 })
end

function cases.test_manager_exceptions()
  local manager <close> = mp.Manager()
  local dict, list = manager:dict(), manager:list { 3, "x", 1 }
  raises("attempt to compare", list.sort, list)
  raises("cannot send userdata", function() dict.file = io.stdout end)
  raises("cannot send a coroutine", function() dict.thread = coroutine.create(print) end)
  raises("", mp.update, dict, "x", function() return coroutine.create(print) end)
  raises("nil is no key", function() dict[nil] = 1 end)
  raises("nan is no key", function() dict[0 / 0] = 1 end)
  raises("nil is no key", mp.update, dict, nil, print)
  raises("update(dict, key, f): f is a function, not a number", mp.update, dict, "k", 5)
  dict.alive = true
  equal(dict.alive, true)
end

function cases.test_context()
  local dict
  do
    local manager <close> = mp.Manager()
    dict = manager:dict { x = 1 }
    equal(dict.x, 1)
  end
  equal(raises("the manager has ended", function() return dict.x end).kind, "crash")
  raises("the manager has ended", function() dict.x = 1 end)
end

function cases.test_use_after_shutdown()
  local manager = mp.Manager()
  manager:shutdown()
  manager:shutdown()
  raises("was shut down", manager.dict, manager)
end

function cases.test_manager_killed()
  local manager = mp.Manager()
  local dict, list, names = manager:dict { x = 1 }, manager:list { 1 }, manager:Namespace()
  os.execute("kill -9 " .. manager.pid)
  for _, f in ipairs {
    function() return dict.x end, function() dict.x = 2 end, function() return #dict end,
    function() return list[1] end, function() list:append(1) end, function() names.x = 1 end,
    function() return pairs(dict) end, function() return manager:dict() end,
  } do
    soon(function() return not pcall(f) end)
    equal(raises("the manager has ended", f).kind, "crash")
  end
  local process = mp.Process(function() return (select(2, pcall(function() return dict.x end))).kind end)
  process:start()
  equal(process:result(), "crash")
  manager:shutdown()
end

function cases.test_manager_killed_during_a_request()
  local manager = mp.Manager()
  local dict = manager:dict { x = 1 }
  raises("the manager has ended", mp.update, dict, "x", function() os.execute "kill -9 $PPID; sleep 9" end)
  raises("the manager has ended", function() return dict.x end)
end

function cases.test_rapid_restart()
  for round = 1, 20 do
    local manager <close> = mp.Manager()
    local queue = manager:Queue()
    queue:put(round)
    equal(queue:get(), round)
    equal(manager:list { round }[1], round)
  end
end

function cases.test_a_process_that_asks_and_dies()
  local manager <close> = mp.Manager()
  local dict = manager:dict { x = 0 }
  for _ = 1, 10 do
    local process = mp.Process(function() while true do dict.x = 1 end end)
    process:start()
    sleep(0.002)
    process:kill()
    process:join()
  end
  dict.x = 5
  equal(dict.x, 5)
end

-- The types of CPython's SyncManager, each changed in a child.

function cases.test_event()
  local manager <close> = mp.Manager()
  local event = manager:Event()
  equal(event:is_set(), false)
  ended(function()
    event:set()
    assert(event:wait(0.001))
  end)
  equal(event:is_set(), true)
  event:clear()
  equal({ event:wait(0.001) }, { nil, "timeout" })
end

function cases.test_lock_and_rlock()
  local manager <close> = mp.Manager()
  for _, lock in ipairs { manager:Lock(), manager:RLock() } do
    equal(lock:acquire(), true)
    ended(function() assert(not lock:acquire(false)) end)
    lock:release()
    ended(function() assert(lock:acquire(false)) lock:release() end)
  end
end

function cases.test_semaphore_and_bounded_semaphore()
  local manager <close> = mp.Manager()
  for _, semaphore in ipairs { manager:Semaphore(2), manager:BoundedSemaphore(2) } do
    equal(semaphore:acquire(), true)
    ended(function() assert(semaphore:get_value() == 1) end)
    semaphore:release()
  end
end

function cases.test_condition()
  local manager <close> = mp.Manager()
  local condition = manager:Condition()
  condition:acquire()
  local process = mp.Process(function() condition:with(function() condition:notify_all() end) end)
  process:start()
  equal(condition:wait(20), true)
  condition:release()
end

function cases.test_barrier()
  local manager <close> = mp.Manager()
  local barrier = manager:Barrier(2)
  local process = mp.Process(function() return barrier:wait() end)
  process:start()
  equal(barrier:wait() + process:result(), 1)
end

function cases.test_queue()
  local manager <close> = mp.Manager()
  for _, queue in ipairs { manager:Queue(2), manager:JoinableQueue(2) } do
    queue:put(1)
    queue:put(2)
    equal(queue:full(), true)
    ended(function()
      assert(queue:get() == 1 and queue:get() == 2)
      queue:task_done()
      queue:task_done()
    end)
    equal(queue:empty(), true)
    equal(queue:join(), true)
  end
end

function cases.test_value_and_array()
  local manager <close> = mp.Manager()
  local value, array = manager:Value("i", 1), manager:Array("i", { 1, 2, 3 })
  ended(function() value.value, array[2] = 7, 9 end)
  equal(value.value, 7)
  equal(array:totable(), { 1, 9, 3 })
end

function cases.test_pool()
  local manager <close> = mp.Manager()
  local dict = manager:dict()
  local pool <close> = mp.Pool(4)
  pool:map(function(x) dict[x] = x * x end, { 1, 2, 3, 4, 5 })
  equal(mp.copy(dict), { 1, 4, 9, 16, 25 })
end

function cases.test_manager_inside_a_worker()
  local pool <close> = mp.Pool(2)
  equal(pool:map(function(x)
    local manager <close> = mp.Manager()
    local dict = manager:dict { x = x }
    return dict.x
  end, { 1, 2, 3 }), { 1, 2, 3 })
end


function cases.test_large_values()
  local manager <close> = mp.Manager()
  local dict = manager:dict()
  dict.big = ("x"):rep(32 << 20)
  equal(#dict.big, 32 << 20)
end

expect.main()
