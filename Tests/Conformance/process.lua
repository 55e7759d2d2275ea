--- Processes, as in CPython's _TestProcess and its neighbours.
local expect = require "cases"
local cases = expect.cases
local mp = require "multiprocessing"
local equal, raises, soon, sleep = expect.equal, expect.raises, expect.soon, expect.sleep

local function forever() while true do sleep(100) end end

function cases.test_current()
  local current = mp.current_process()
  equal(current:is_alive(), true)
  equal(current.daemon, false)
  equal(current.pid, mp.getpid())
  equal(current.name, "MainProcess")
  equal(current.exitcode, nil)
  raises("not a child", current.join, current)
end

function cases.test_daemon_argument()
  equal(mp.Process { target = print }.daemon, false)
  equal(mp.Process { target = print, daemon = true }.daemon, true)
  equal(mp.Process { target = print, daemon = false }.daemon, false)
  local process = mp.Process { target = function() return mp.Process(print).daemon end, daemon = true }
  process:start()
  equal(process:result(), true)
end

function cases.test_parent_process_attributes()
  equal(mp.parent_process(), nil)
  local process = mp.Process(function()
    local parent = mp.parent_process()
    return parent.pid, parent.name, mp.getppid()
  end)
  process:start()
  equal({ process:result() }, { mp.getpid(), "MainProcess", mp.getpid() })
end

-- A grandchild dies with its parent.
function cases.test_parent_process()
  local receiver, sender = mp.Pipe(false)
  local child = mp.Process(function()
    local grandchild = mp.Process(function()
      sender:send(mp.getpid())
      forever()
    end)
    grandchild:start()
    forever()
  end)
  child:start()
  sender:close()
  assert(math.type(receiver:recv()) == "integer")
  child:kill()
  equal({ receiver:recv() }, { nil, "closed" })
  child:join()
end

function cases.test_process()
  local queue = mp.Queue(1)
  local process = mp.Process { target = function(...) queue:put { mp.current_process().name, mp.getpid(), ... } end, args = { 1, "two" }, name = "SomeProcess", daemon = true }
  equal(process:is_alive(), false)
  equal(process.pid, nil)
  equal(process.exitcode, nil)
  equal(process.daemon, true)
  equal(#mp.active_children(), 0)
  equal(tostring(process), "Process(SomeProcess, initial)")
  process:start()
  assert(process.exitcode == nil or process.exitcode == 0)
  equal(queue:get(), { "SomeProcess", process.pid, 1, "two" })
  equal(process:join(), true)
  equal(process.exitcode, 0)
  equal(process:is_alive(), false)
  equal(#mp.active_children(), 0)
  equal(tostring(process), "Process(SomeProcess, stopped, exitcode 0)")
  raises("was started already", process.start, process)
  process:close()
end

function cases.test_args_argument()
  local function count(...) return select("#", ...), ... end
  for _, make in ipairs {
    function() return mp.Process(count, 1, nil, "x") end,
    function() return mp.Process { target = count, args = table.pack(1, nil, "x") } end,
  } do
    local process = make()
    process:start()
    equal(table.pack(process:result()), { 3, 1, nil, "x", n = 4 })
  end
end

local function ended_by(method, signal)
  local process = mp.Process { target = forever, daemon = true }
  process:start()
  equal(process:is_alive(), true)
  equal(mp.active_children()[1], process)
  for _, timeout in ipairs { 0, -1, 0.01 } do equal({ process:join(timeout) }, { nil, "timeout" }) end
  equal(process:is_alive(), true)
  process[method](process)
  equal(process:join(), true)
  equal(process:join(), true)
  equal(process:is_alive(), false)
  equal(#mp.active_children(), 0)
  equal(process.exitcode, -signal)
  process[method](process)
  equal(raises("was killed by", process.result, process).kind, "crash")
end

function cases.test_terminate() ended_by("terminate", 15) end
function cases.test_kill() ended_by("kill", 9) end
function cases.test_interrupt_no_handler() ended_by("interrupt", 2) end

function cases.test_cpu_count()
  assert(math.type(mp.cpu_count()) == "integer" and mp.cpu_count() >= 1)
end

function cases.test_active_children()
  equal(mp.active_children(), {})
  local process = mp.Process(sleep, 100)
  equal(mp.active_children(), {})
  process:start()
  equal(rawequal(mp.active_children()[1], process), true)
  process:kill()
  process:join()
  equal(mp.active_children(), {})
end

function cases.test_recursion()
  local queue = mp.Queue()
  local function recurse(path)
    queue:put(table.concat(path, " "))
    if #path == 2 then return end
    for branch = 1, 2 do
      local child = mp.Process(recurse, { path[1], branch, n = nil })
      if #path == 0 then child = mp.Process(recurse, { branch }) end
      child:start()
      child:join()
    end
  end
  recurse {}
  local seen = {}
  for place = 1, 7 do seen[place] = queue:get() end
  equal(seen, { "", "1", "1 1", "1 2", "2", "2 1", "2 2" })
end

function cases.test_sentinel()
  local event = mp.Event()
  local process = mp.Process(function() event:wait() end)
  equal(process.sentinel, nil)
  process:start()
  equal(#mp.wait({ process.sentinel }, 0), 0)
  equal(#mp.wait({ process }, 0.01), 0)
  event:set()
  equal(mp.wait { process }, { process })
  equal(#mp.wait { process.sentinel }, 1)
  process:join()
end

function cases.test_close()
  local queue = mp.Queue()
  local process = mp.Process { target = function() queue:get() end }
  process:start()
  raises("join it first", process.close, process)
  queue:put(1)
  process:join()
  equal(process:is_alive(), false)
  process:close()
  for _, method in ipairs { "is_alive", "join", "terminate", "kill", "result" } do
    raises("is closed", process[method], process)
  end
  process:close()
  local kept = setmetatable({ process }, { __mode = "v" })
  process = nil
  collectgarbage()
  collectgarbage()
  equal(kept[1], nil)
end

function cases.test_many_processes()
  for _, method in ipairs { "terminate", "kill" } do
    local processes = {}
    for place = 1, 100 do
      processes[place] = mp.Process(sleep, 100)
      processes[place]:start()
    end
    for _, process in ipairs(processes) do process[method](process) end
    for _, process in ipairs(processes) do
      process:join()
      equal(process.exitcode, method == "kill" and -9 or -15)
    end
  end
end

function cases.test_many_that_end_by_themselves()
  local processes = {}
  for place = 1, 100 do
    processes[place] = mp.Process(function() return place end)
    processes[place]:start()
  end
  for place, process in ipairs(processes) do equal(process:result(), place) end
end

function cases.test_lose_target_ref()
  local kept = setmetatable({}, { __mode = "k" })
  do
    local target = setmetatable({}, { __call = function() end })
    kept[target] = true
    local process = mp.Process { target = target }
    process:start()
    process:join()
    process:close()
  end
  collectgarbage()
  collectgarbage()
  equal(next(kept), nil)
end

function cases.test_child_fd_inflation()
  local counts, processes = mp.Queue(), {}
  local event = mp.Event()
  for place = 1, 10 do
    processes[place] = mp.Process(function()
      counts:put(expect.descriptors())
      event:wait()
    end)
    processes[place]:start()
  end
  local first = counts:get()
  for _ = 2, 10 do equal(counts:get(), first) end
  event:set()
  for _, process in ipairs(processes) do process:join() end
end

function cases.test_error_on_stdio_flush()
  for _, breaking in ipairs { "io.stdout:close()", "io.stderr:close()", "io.output():close()" } do
    local output, status = expect.script([[
      local mp = require "multiprocessing"
      local process = mp.Process(function() ]] .. breaking .. [[ end)
      process:start()
      process:join()
      os.exit(process.exitcode)]])
    equal(output, "")
    equal(status, 0)
  end
end

function cases.test_interrupt()
  local process = mp.Process(function()
    pcall(forever)
  end)
  process:start()
  process:interrupt()
  process:join()
  equal(process.exitcode, -2)
end

-- A process is described by a table instead of a subclass.
function cases.test_subclassing()
  local Upper = {}
  Upper.__index = Upper
  function Upper:__call() return self.text:upper() end
  local process = mp.Process(setmetatable({ text = "hello" }, Upper))
  process:start()
  equal(process:result(), "HELLO")
end

--! errors Process-1: process.lua:‹…›: no such thing\nstack traceback:‹…›
function cases.test_stderr_flush()
  local process = mp.Process(function() error "no such thing" end)
  process:start()
  process:join()
  equal(process.exitcode, 1)
  local failure = raises("no such thing", process.result, process)
  equal(failure.kind, "error")
  assert(failure.traceback:find("process.lua", 1, true))
end

--! errors [1, 2, 3]\nignore this\n
function cases.test_sys_exit()
  for _, each in ipairs {
    { "[1, 2, 3]", 1 }, { "ignore this", 1 }, { true, 0 }, { false, 1 }, { 8, 8 }, { 0, 0 }, { nil, 0 },
  } do
    local process = mp.Process(function() os.exit(each[1]) end)
    process:start()
    process:join()
    equal(process.exitcode, each[2])
  end
  local process = mp.Process(function() os.exit() end)
  process:start()
  process:join()
  equal(process.exitcode, 0)
end

--! output written at the end of the child\n
function cases.test_atexit()
  local process = mp.Process(function()
    io.write "written at the end "
    io.stdout:setvbuf "full"
    io.write "of the child\n"
  end)
  process:start()
  process:join()
end

function cases.test_result()
  local process = mp.Process(function(a, b) return a + b, nil, { a } end, 2, 3)
  process:start()
  equal(table.pack(process:result()), { 5, nil, { 2 }, n = 3 })
  equal(table.pack(process:result()), { 5, nil, { 2 }, n = 3 })
  raises("was not started", process.result, mp.Process(print))
end

function cases.test_large_result()
  local process = mp.Process(function() return ("x"):rep(100 << 20) end)
  process:start()
  equal(#process:result(), 100 << 20)
end

function cases.test_unsendable_result()
  local process = mp.Process(function() return { file = io.stdout } end)
  process:start()
  local failure = raises("cannot send userdata (FILE*) at result.file", process.result, process)
  equal(failure.kind, "unsendable")
  process = mp.Process(function() return 1, { io.stdout } end)
  process:start()
  raises("cannot send userdata (FILE*) at result[2][1]", process.result, process)
end

--! errors Process-1: ‹…›
function cases.test_wrapped_exception()
  local process = mp.Process(function() error { code = 3 } end)
  process:start()
  equal(raises("", process.result, process).value, { code = 3 })
end

--! errors Process-1: ‹…›
function cases.test_exception_that_cannot_travel()
  local process = mp.Process(function() error { io.stdout } end)
  process:start()
  equal(raises("", process.result, process).kind, "error")
end

function cases.test_arguments_and_upvalues_are_simply_there()
  local file = assert(io.tmpfile())
  local thread = coroutine.create(function(x) coroutine.yield(x * 2) end)
  local process = mp.Process(function(given)
    file:write "from the child"
    file:flush()
    return select(2, coroutine.resume(given, 21))
  end, thread)
  process:start()
  equal(process:result(), 42)
  file:seek("set", 0)
  equal(file:read "a", "from the child")
  file:close()
end

function cases.test_daemons_are_killed_and_others_joined()
  local output, status = expect.script [[
    local mp = require "multiprocessing"
    mp.Process { target = require "_multiprocessing".sleep, args = { 1000 }, daemon = true }:start()
    local is_at_end = mp.Event()
    mp.Process(function()
      is_at_end:wait()
      require "cases".asleep(mp.parent_process().pid)
      print "joined"
    end):start()
    print "end"
    is_at_end:set()]]
  equal(output, "end\njoined\n")
  equal(status, 0)
end

function cases.test_os_exit_joins()
  local output, status = expect.script [[
    local mp = require "multiprocessing"
    local is_at_end = mp.Event()
    mp.Process(function()
      is_at_end:wait()
      require "cases".asleep(mp.parent_process().pid)
      print "joined"
    end):start()
    is_at_end:set()
    os.exit(7)]]
  equal(output, "joined\n")
  equal(status, 7)
end

function cases.test_error_in_the_script_ends_its_children()
  local output, status = expect.script [[
    local mp = require "multiprocessing"
    mp.Process { target = require "_multiprocessing".sleep, args = { 1000 }, daemon = true }:start()
    error "out of cheese"]]
  assert(output:find("out of cheese", 1, true), output)
  equal(status, 1)
end

-- All processes that a script has started die with it.
function cases.test_script_killed()
  local name = os.tmpname()
  local output = expect.script([[
    local mp = require "multiprocessing"
    local sleep = require "_multiprocessing".sleep
    local function note()
      local file = io.open("]] .. name .. [[", "a")
      file:write(mp.getpid(), "\n")
      file:close()
    end
    local child = mp.Process(function()
      mp.Process(function() note() sleep(1000) end):start()
      note()
      sleep(1000)
    end)
    child:start()
    local pool = mp.Pool(3)
    local barrier = mp.Barrier(4)
    pool:map_async(function() note() barrier:wait() sleep(1000) end, { 1, 2, 3 }, 1)
    barrier:wait()
    while true do
      local lines = 0
      for _ in io.lines("]] .. name .. [[") do lines = lines + 1 end
      if lines == 5 then break end
      sleep(0.01)
    end
    os.execute("kill -9 $PPID")]])
  local pids = {}
  for pid in io.lines(name) do pids[#pids + 1] = pid end
  os.remove(name)
  equal(#pids, 5)
  for _, pid in ipairs(pids) do expect.gone(pid) end
end

function cases.test_fork()
  local value = mp.Value("i", 0)
  local pid = mp.fork()
  if pid == 0 then
    value.value = mp.getpid()
    os.exit(3)
  end
  local child = mp.active_children()[1]
  if child then child:join() end
  equal(value.value, pid)
end

function cases.test_waitpid()
  local function fork(f)
    local pid = mp.fork()
    if pid == 0 then f() end
    return pid
  end
  local event = mp.Event()
  local early = fork(function() os.exit(3) end)
  local late = fork(function() event:wait() os.exit(0) end)
  local killed = fork(forever)
  expect.gone(early)
  mp.active_children() -- takes note of ends
  equal({ mp.waitpid(early) }, { early, 3 })
  equal({ mp.waitpid(late, true) }, { nil, "running" })
  event:set()
  equal({ mp.waitpid(late) }, { late, 0 })
  os.execute("kill -9 " .. killed)
  equal({ mp.waitpid(killed) }, { killed, -9 })
  raises("process " .. early .. " is not a child of this process, or was waited for already", mp.waitpid, early)
  raises("waitpid takes the number of a process, not a string", mp.waitpid, "1")
  raises("is not a child", mp.waitpid, mp.getpid())
  local process = expect.start(function() end)
  equal({ mp.waitpid(process.pid) }, { process.pid, 0 })
  equal(process.exitcode, 0)
  equal(expect.ended(function() return pcall(mp.waitpid, early) end), false) -- nor anybody else's
end

function cases.test_ignore_signals()
  local event = mp.Event()
  local process = mp.Process(function() event:wait() end)
  process:start()
  local noise = io.popen(("for i in 1 2 3 4 5 6 7 8 9 10; do kill -WINCH %d; kill -URG %d; kill -CHLD %d; sleep 0.005; done; echo done"):format(mp.getpid(), mp.getpid(), mp.getpid()))
  for _ = 1, 20 do equal({ process:join(0.003) }, { nil, "timeout" }) end
  noise:read "a"
  noise:close()
  event:set()
  equal(process:join(), true)
end

function cases.test_close_variable_terminates()
  local pid
  do
    local process <close> = mp.Process(forever)
    process:start()
    pid = process.pid
  end
  equal(mp.active_children(), {})
end

function cases.test_misuse()
  raises("a function", mp.Process, 3)
  raises("the target of a process is a function, not a table", mp.Process, { target = {} })
  raises('args is a list: {"bob"}', mp.Process, { target = print, args = "bob" })
  raises("Process has no option arg; there are target, args, name, daemon", mp.Process, { target = print, arg = { 1 } })
  raises("only fork exists here", mp.set_start_method, "spawn")
  mp.set_start_method "fork"
  equal(mp.get_start_method(), "fork")
  equal(rawequal(mp.get_context(), mp) and rawequal(mp.get_context "fork", mp), true)
  raises("start method spawn: only fork exists here", mp.get_context, "spawn")
  equal(mp.freeze_support(), nil)
  local process = mp.Process(print)
  raises("was not started", process.join, process)
  raises("write process:start(…), with a colon", process.start)
  raises("cannot set", function() process.pid = 3 end)
end

function cases.test_result_of_a_child_that_exits()
  local process = mp.Process(function() os.exit(5) end)
  process:start()
  raises("ended with status 5 before it returned", process.result, process)
end

--! errors Process-‹…›: attempt to yield across a C-call boundary‹…›
function cases.test_a_target_yields_to_nobody()
  local pid = mp.getpid()
  local process = coroutine.wrap(function()
    local process = mp.Process(function() coroutine.yield() end)
    process:start()
    coroutine.yield(process)
  end)()
  equal(mp.getpid(), pid)
  raises("attempt to yield", process.result, process)
end

expect.main()
