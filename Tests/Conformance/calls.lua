--- Wrong calls: each is an error of one line, at the script's line, that says what to write.
local expect = require "cases"
local cases = expect.cases
local mp = require "multiprocessing"
local futures = require "concurrent.futures"
local subprocess = require "subprocess"
local logging = require "logging"
local equal, raises = expect.equal, expect.raises

--- Checks that `code`, which has `given` as its globals, raises or writes one line, at its own position, that ends so.
local function refuses(given, code, message)
  local f = assert(load(code, "=code", "t", setmetatable(given, { __index = _G })))
  local failure = raises(message, f)
  equal(tostring(failure), "code:1: " .. message)
end

function cases.test_nan_is_no_time()
  local nan = 0 / 0
  local queue, lock, event, condition = mp.Queue(), mp.Lock(), mp.Event(), mp.Condition()
  local first, second = mp.Pipe()
  local process = expect.start(function() end)
  process:join()
  local pool <close> = mp.Pool(1)
  local executor <close> = futures.ProcessPoolExecutor(1)
  local result, future = pool:apply_async(tostring, { 1 }), executor:submit(tostring, 1)
  result:wait()
  future:result()
  condition:acquire()
  for _, wait in ipairs {
    function(time) queue:put(1, time) end, function(time) queue:get(time) end, function(time) queue:get(true, time) end,
    function(time) queue:join(time) end, function(time) lock:acquire(time) end, function(time) lock:hold(time) end,
    function(time) event:wait(time) end, function(time) condition:wait(time) end,
    function(time) condition:wait_for(function() return true end, time) end, function(time) mp.Barrier(1):wait(time) end,
    function(time) mp.Barrier(1, nil, time) end, function(time) first:recv(time) end, function(time) first:poll(time) end,
    function(time) mp.wait({ first }, time) end, function(time) process:join(time) end, function(time) result:get(time) end,
    function(time) result:wait(time) end, function(time) pool:imap(tostring, { 1 }, 1, time) end,
    function(time) future:result(time) end, function(time) future:exception(time) end,
    function(time) futures.wait({ future }, time) end, function(time) futures.as_completed({ future }, time) end,
    function(time) executor:map(tostring, { 1 }, { timeout = time }) end,
    function(time) require("subprocess").run({ "true" }, { timeout = time }) end, function(time) pmap.sleep(time) end,
  } do
    raises("number of seconds, not nan", wait, nan)
    raises("number of seconds", wait, "1")
  end
  raises("numbers, not nan", pmap.range, nan)
  second:close()
end

function cases.test_a_colon_for_a_dot_and_a_dot_for_a_colon()
  local pool <close> = mp.Pool(1)
  local executor <close> = futures.ProcessPoolExecutor(1)
  local manager <close> = mp.Manager()
  local first, second = mp.Pipe()
  local given = {
    mp = mp, futures = futures, subprocess = subprocess, logging = logging, popen2 = require "popen2", pool = pool,
    executor = executor, manager = manager, list = manager:list(), connection = first, queue = mp.Queue(), lock = mp.Lock(),
    event = mp.Event(), condition = mp.Condition(), barrier = mp.Barrier(2), semaphore = mp.Semaphore(), value = mp.Value "i",
    array = mp.Array("i", 1), process = mp.Process(print), logger = logging.getLogger "a", result = pool:map_async(print, {}),
    future = executor:submit(tostring, 1), program = subprocess.Popen { "true" },
  }
  local function with(separator, wrong, each)
    local object, method = each:match "(%w+)%.(.*)"
    local word = separator == "." and "dot" or "colon"
    refuses(given, ("%s%s%s(1)"):format(object, wrong, method), ("write %s%s%s(…), with a %s"):format(object, separator, method, word))
  end
  for _, each in ipairs {
    "mp.Process", "mp.Pool", "mp.Queue", "mp.SimpleQueue", "mp.JoinableQueue", "mp.Lock", "mp.RLock", "mp.Semaphore",
    "mp.BoundedSemaphore", "mp.Condition", "mp.Event", "mp.Barrier", "mp.Pipe", "mp.wait", "mp.Value", "mp.Array", "mp.Manager",
    "mp.update", "mp.copy", "mp.cpu_count", "mp.getpid", "mp.getppid", "mp.fork", "mp.current_process", "mp.active_children",
    "mp.set_start_method", "mp.get_context", "futures.ProcessPoolExecutor", "futures.as_completed", "futures.wait",
    "subprocess.run", "subprocess.Popen", "subprocess.check_output", "popen2.popen2", "logging.info", "logging.getLogger",
    "logging.basicConfig", "logging.exception", "logging.log", "logging.disable", "pmap.sleep", "pmap.map", "pmap.range",
    "pmap.sh", "pmap.clock",
  } do with(".", ":", each) end
  for _, each in ipairs {
    "pool.map", "pool.imap", "pool.imap_unordered", "pool.starmap", "pool.map_async", "pool.apply", "pool.apply_async", "pool.close",
    "pool.join", "pool.terminate", "executor.submit", "executor.map", "executor.shutdown", "manager.dict", "manager.list",
    "manager.Queue", "manager.shutdown", "list.append", "list.pop", "connection.send", "connection.recv", "connection.poll",
    "connection.close", "queue.put", "queue.get", "queue.iter", "queue.qsize", "queue.close", "queue.join", "queue.task_done",
    "lock.acquire", "lock.release", "lock.with", "lock.hold", "semaphore.acquire", "event.set", "event.wait", "event.is_set",
    "condition.wait", "condition.notify", "condition.wait_for", "barrier.wait", "value.add", "value.with", "array.totable",
    "process.start", "process.join", "process.is_alive", "process.result", "result.get", "result.wait", "result.ready",
    "future.result", "future.done", "future.cancel", "program.wait", "program.poll", "program.communicate", "logger.info",
    "logger.setLevel", "logger.log", "logger.exception", "logger.isEnabledFor", "logger.addHandler",
  } do with(":", ".", each) end
  second:close()
end

function cases.test_what_stays_in_its_process_is_not_sent()
  local pool <close> = mp.Pool(1)
  local executor <close> = futures.ProcessPoolExecutor(1)
  local result, future, iterator = pool:apply_async(tostring, { 1 }), executor:submit(tostring, 1), pool:imap(tostring, { 1 })
  local function used(object) return pcall(pool.apply, pool, function() return object end) end
  for object, message in pairs {
    [pool] = "cannot send a pool at f(upvalue 'object'): make one in the function that uses it",
    [executor] = "cannot send an executor at f(upvalue 'object'): make one in the function that uses it",
    [result] = "cannot send a result to come at f(upvalue 'object'): send what result:get() returns",
    [future] = "cannot send a future at f(upvalue 'object'): send what future:result() returns",
    [iterator] = "cannot send an iterator of results at f(upvalue 'object'): send the values that it gives",
  } do
    raises(message, function() assert(used(object)) end)
  end
  raises("cannot send a pool at items[1]", pool.map, pool, tostring, { mp.Pool(1) })
  equal(pool:apply(function() return mp.Pool(1):map(tostring, { 1 }) end), { "1", n = 1 })
end

function cases.test_what_is_not_meant()
  local pool <close> = mp.Pool(1)
  local executor <close> = futures.ProcessPoolExecutor(1)
  local given = { mp = mp, futures = futures, pool = pool, executor = executor, f = function() end, queue = mp.Queue() }
  local target = "write mp.Process(f, 1) for a process that calls f(1), or mp.Process{ target = f, args = {1} }"
  local no_class = "mp.Process is a function and no class to inherit from; call it, and keep the object in a field of yours"
  for code, message in pairs {
    ["mp.Process(f(1))"] = "no target; " .. target,
    ["mp.Process()"] = "no target; " .. target,
    ["setmetatable({}, { __index = mp.Process }):start()"] = no_class,
    ["setmetatable(mp.Process(print), { __index = setmetatable({}, { __index = mp.Process }) }):start()"] = no_class,
    ["mp.Process({ target = print }, 1)"] = "mp.Process takes one table of options, and has no subclasses; " .. target,
    ["pmap.range()"] = "a range has an end: pmap.range(last) or pmap.range(first, last, step)",
    ["pmap.range(nil, 3)"] = "a range has an end: pmap.range(last) or pmap.range(first, last, step)",
    ["pmap.range(1, true)"] = "pmap.range takes numbers, not a boolean",
    ["mp.Process{ name = 'a' }"] = "no target; " .. target,
    ["mp.Process(5)"] = "the target of a process is a function, not a number; " .. target,
    ["mp.Process(queue)"] = "the target of a process is a function, not a table; " .. target,
    ["mp.Process{ f, 1 }"] = "the target is an option; " .. target,
    ["mp.Process{ target = f, args = 5 }"] = "args is a list: {5}",
    ["mp.Process{ target = f, kwargs = {} }"] =
      "a function of Lua has no named arguments; write args = { { name = value } }",
    ["mp.Process{ target = f, daemon = 1 }"] = "daemon is true or false, not a number",
    ["mp.Process{ target = f, name = 1 }"] = "the name of a process is a string, not a number",
    ["mp.Value(0)"] = 'the first argument of mp.Value is the letter of a type, not 0; write mp.Value("i", 0)',
    ["mp.Array(10)"] = "the first argument of mp.Array is the letter of a type, not 10; "
      .. 'write mp.Array("i", 10), or mp.Array("i", {1, 2, 3})',
    ["mp.Queue{ maxsize = 3 }"] = "the maxsize of a queue is an integer, not a table; write mp.Queue(3)",
    ["mp.Semaphore{ value = 3 }"] = "a semaphore's value is an integer, not a table; write mp.Semaphore(3)",
    ["mp.Barrier{ parties = 3 }"] = "a barrier's number of parties is an integer, not a table; write mp.Barrier(2)",
    ["mp.Barrier(2, 5)"] = "the action of a barrier is a function, not a number",
    ["mp.Pipe{ duplex = false }"] = "duplex is true or false, not a table; write mp.Pipe(false)",
    ["mp.Lock(1)"] = "mp.Lock takes no arguments; this is 1",
    ["mp.RLock(1)"] = "mp.RLock takes no arguments; this is 1",
    ["mp.Event(true)"] = "mp.Event takes no arguments; this is true",
    ["mp.Manager(5)"] = "mp.Manager takes no arguments; this is 5",
    ["mp.Pool(4, f)"] = "options have names: write mp.Pool{ processes = 4, initializer = f, initargs = {…} }",
    ["futures.ProcessPoolExecutor(4, f)"] =
      "options have names: write ProcessPoolExecutor{ max_workers = 4, initializer = f, initargs = {…} }",
    ["pool:apply_async(f, 1, 2)"] = "args is a list: {1, 2}",
    ["pool:apply_async(f, 1)"] = "args is a list: {1}",
    ["pool:apply(f, 1, 'a')"] = 'args is a list: {1, "a"}',
    ["pool:map(f, {1}, {2})"] =
      "a map takes one list; for a function of several arguments write pool:starmap(f, { {1, 2}, {3, 4} })",
    ["pool:map(f(1), {1})"] = "a pool runs functions, not a nil; write the function itself, f and not f(1)",
    ["executor:submit(f(1))"] = "a pool runs functions, not a nil; write the function itself, f and not f(1)",
    ["pool:map(f, queue)"] = "a queue cannot be called; write for value in queue:iter() do",
    ["for value in queue do end"] = "a queue cannot be called; write for value in queue:iter() do",
  } do refuses(given, code, message) end
end

function cases.test_what_is_not_there()
  local pool <close> = mp.Pool(1)
  local manager <close> = mp.Manager()
  local given = {
    queue = mp.Queue(), array = mp.Array("i", { 7, 8 }), lock = mp.Lock(), value = mp.Value "i", event = mp.Event(), pool = pool,
    list = manager:list { 1, 2 }, namespace = manager:Namespace { a = 1 }, dict = manager:dict(), process = mp.Process(print),
    result = pool:map_async(print, {}), logger = logging.getLogger "a",
  }
  local size = "write queue:qsize() for how many are in it, mp.Queue(3) for how many may be"
  for code, message in pairs {
    ["return #queue"] = "a queue has no length; write queue:qsize()",
    ["pairs(queue)"] = "a queue has no values to go through; write for value in queue:iter() do",
    ["for _ in ipairs(queue) do end"] = "a queue has no places; write for value in queue:iter() do",
    ["queue.size = 3"] = "a queue has no field size to set; " .. size,
    ["return queue.size"] = "a queue has no field size; " .. size,
    ["return queue.count"] = "a queue has no field count; it has cancel_join_thread, close, empty, full, get, get_nowait, iter, "
      .. "join, join_thread, put, put_nowait, qsize, task_done",
    ["return array[0]"] = "place 0 is outside the array, which has 1 to 2",
    ["return array[-1]"] = "place -1 is outside the array, which has 1 to 2",
    ["return array[4]"] = "place 4 is outside the array, which has 1 to 2",
    ["array[3] = 1"] = "place 3 is outside the array, which has 1 to 2",
    ["return array.value"] = 'an array\'s places are integers from 1 to 2, not "value"',
    ["array.value = 1"] = 'an array\'s places are integers from 1 to 2, not "value"',
    ["return array[1.5]"] = "an array's places are integers from 1 to 2, not 1.5",
    ["return #lock"] = "a lock has no length",
    ["lock()"] = "a lock cannot be called; write lock:acquire(), or local held <close> = lock:hold()",
    ["lock.name = 'a'"] = "a lock has no field name to set",
    ["return value.get"] = "a value has no field get; write value.value",
    ["value.number = 1"] = "a shared value has the one field value",
    ["return #value"] = "a value has no length; write value.value",
    ["return event.value"] = "an event has no field value; write event:is_set()",
    ["return pool.submit"] = "a pool has no field submit; write pool:apply_async(f, {1, 2})",
    ["return result.value"] = "a result has no field value; write result:get()",
    ["return process.exit_code"] = "a process has no field exit_code; write process.exitcode",
    ["process.pid = 1"] = "cannot set pid of a process",
    ["return list[0]"] = "place 0 is outside the list, which has 1 to 2",
    ["return list[9]"] = "place 9 is outside the list, which has 1 to 2",
    ["list:remove(1)"] = "a list has no field remove; write list:pop(place)",
    ["for _ in dict do end"] = "a dict cannot be called; write for key, value in pairs(dict) do",
    ["return #namespace"] = "a namespace has no length",
    ["return logger.level"] = "a logger has no field level; write logger:getEffectiveLevel()",
  } do refuses(given, code, message) end
  equal(given.array[3], nil)
  equal(given.list[3], nil)
  local seen = {}
  for place, number in ipairs(given.array) do seen[place] = number end
  equal(seen, { 7, 8 })
end

function cases.test_errors_in_a_manager_have_the_line_that_asks()
  local manager <close> = mp.Manager()
  local given = { list = manager:list { 3, 1, 2 }, mixed = manager:list { 1, {} }, dict = manager:dict(), mp = mp }
  raises("calls.lua:" .. debug.getinfo(1, "l").currentline + 1 .. ": no order", function()
    given.list:sort(function() error "no order" end)
  end)
  for code, message in pairs {
    ["list:pop(4)"] = "place 4 is outside the list, which has 1 to 3",
    ["list:insert(9, 1)"] = "place 9 is outside the list, which has 1 to 3",
    ["list[9] = 1"] = "place 9 is outside the list, which has 1 to 3",
    ["list:extend()"] = "attempt to get length of a nil value (local 'values')",
    ["mixed:sort()"] = "attempt to compare table with number",
    ["mp.update(dict, 'a', function(value) return value + 1 end)"] =
      "attempt to perform arithmetic on a nil value (local 'value')",
  } do refuses(given, code, message) end
end

function cases.test_what_objects_print_as()
  local pool <close> = mp.Pool(1)
  local executor = futures.ProcessPoolExecutor(2)
  local manager = mp.Manager()
  local first, second = mp.Pipe()
  local dict, may_end = manager:dict { a = 1, [2] = "x" }, mp.Event()
  local circle = {}
  circle.own = circle
  equal(tostring(pool:map(function(x) return x ~= 2 and { x, name = "a\nb" } or nil end, { 1, 2 })),
    [[{{1, name = "a\nb"}, nil}]])
  equal(tostring(pool:map(function() return circle end, { 1 })), "{{own = {…}}}")
  equal(tostring(pool:map(function(x) return x * x end, { 1, 2, 3 })), "{1, 4, 9}")
  local async = pool:apply_async(function()
    may_end:wait()
    error "late"
  end)
  for text, object in pairs {
    ['{[2] = "x", a = 1}'] = dict,
    ["{1, {true}}"] = manager:list { 1, { true } },
    ["Namespace(a = 1)"] = manager:Namespace { a = 1 },
    ["Manager(running)"] = manager,
    ['Array("i", {1, 2})'] = mp.Array("i", { 1, 2 }),
    ['Array("c", "text")'] = mp.Array("c", "text"),
    ['Value("d", 0.5)'] = mp.Value("d", 0.5),
    ["Condition(RLock(free))"] = mp.Condition(),
    ["Barrier(0 of 3 waiting)"] = mp.Barrier(3),
    ["Connection(open)"] = first,
    ["AsyncResult(pending)"] = async,
    ["ProcessPoolExecutor(2)"] = executor,
    ['CompletedProcess(args = {"echo", "hi"}, returncode = 0, stdout = "hi\\n")'] =
      subprocess.run({ "echo", "hi" }, { stdout = subprocess.PIPE }),
    ["Logger(a.b, WARNING)"] = logging.getLogger "a.b",
  } do equal(tostring(object), text) end
  may_end:set()
  raises("late", async.get, async)
  equal(tostring(pool:apply(function() return subprocess.run({ "true" }) end)), 'CompletedProcess(args = {"true"}, returncode = 0)')
  second:close()
  executor:shutdown()
  manager:shutdown()
  for text, object in pairs {
    ["AsyncResult(failed)"] = async, ["Connection(closed)"] = second, ["ProcessPoolExecutor(2, shut down)"] = executor,
    ["Manager(shut down)"] = manager, ["dict(the manager has ended)"] = dict,
  } do equal(tostring(object), text) end
end

function cases.test_a_crash_has_its_exit_code()
  for code, f in pairs { [7] = function() os.exit(7) end, [-9] = function() os.execute "kill -9 $PPID" end } do
    local process = expect.start(f)
    equal(raises("before it returned", process.result, process).exitcode, code)
  end
end

expect.main()
