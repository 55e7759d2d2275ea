--- Objects that a process leaves: they are freed with it, however it ends and in whatever way it was made, and the shared
--- memory is whole afterwards.
local expect = require "cases"
local cases = expect.cases
local mp = require "multiprocessing"
local core = require "_multiprocessing"
local equal, soon = expect.equal, expect.soon

--- Objects that a process holds when it ends.
local leavings = {
  one_lock = function() mp.Lock():acquire() end,
  two_locks = function()
    local a, b = mp.Lock(), mp.Lock()
    a:acquire()
    b:acquire()
    return a, b
  end,
  many = function()
    local made = {}
    for place = 1, 100 do
      local lock, recursive, semaphore = mp.Lock(), mp.RLock(), mp.Semaphore(3)
      for _, each in ipairs { lock, recursive, recursive, semaphore, semaphore } do each:acquire() end
      made[place] = { lock, recursive, semaphore, lock:hold(false) }
    end
    return made
  end,
  condition = function()
    local condition = mp.Condition()
    condition:acquire()
    condition:wait(0)
    return condition
  end,
  barrier = function()
    local barrier = mp.Barrier(2)
    barrier:wait(0)
    return barrier
  end,
  queues = function()
    local inner, outer = mp.Queue(), mp.Queue()
    inner:put(mp.Lock())
    for _ = 1, 3 do outer:put { inner, ("x"):rep(100000) } end
    outer:get() -- and not task_done
    return outer
  end,
  pipe = function()
    local one, other = mp.Pipe()
    one:send { mp.Lock(), mp.Event(), (mp.Pipe()) }
    return one, other
  end,
  shared = function() return mp.Array("d", 200000), mp.Value("i", 3) end,
  child = function()
    local lock, queue = mp.Lock(), mp.Queue()
    lock:acquire()
    mp.Process { daemon = true, target = function()
      mp.Lock():acquire()
      queue:put(lock)
      lock:acquire()
    end }:start()
    return queue:get()
  end,
  pool = function()
    local pool, lock = mp.Pool(1), mp.Lock()
    lock:acquire()
    pool:apply_async(function() return lock:acquire() end)
    return pool
  end,
}

local function kill() core.kill(mp.getpid(), 9) end

local endings = {
  ["return"] = function() end,
  error = function() error "on purpose" end,
  exit = function() os.exit(0) end,
  fail = function() os.exit(3) end,
  kill = kill,
}

local function sane()
  local queue, lock = mp.Queue(), mp.Lock()
  queue:put { lock, ("x"):rep(5000) }
  queue:get()[1]:with(function() end)
  equal(queue:get(false), nil)
end

--- Lets `run(leave, finish)` leave each object in each way, and checks that nothing is left of it.
local function each_way(run, what)
  sane()
  collectgarbage()
  collectgarbage()
  local bytes, processes = core.usage()
  for _, leave in pairs(what or leavings) do
    for _, finish in pairs(endings) do
      for _ = 1, 2 do run(leave, finish) end
      sane()
      collectgarbage()
      collectgarbage()
      soon(function()
        collectgarbage()  -- what has ended meanwhile counts as long as there is a handle of it
        local bytes_now, processes_now = core.usage()
        return bytes_now < bytes + 300 and processes_now == processes -- a sleeper's place is 80 bytes
      end)
    end
  end
end

--! errors ‹…›on purpose‹…›
function cases.processes()
  each_way(function(leave, finish)
    local process = mp.Process { target = function()
      kept = table.pack(leave())
      finish()
    end }
    process:start()
    process:join()
    process:close()
  end)
end

--! errors ‹…›
function cases.pool_workers()
  local pool = mp.Pool { processes = 1, maxtasksperchild = 1 }
  local first = pool:apply(function() return mp.getpid() end)
  soon(function()
    collectgarbage()
    local worker = core.children(pool._supervisor)[1]
    return worker and worker[1] ~= first and select(2, core.usage()) == 3
  end)
  each_way(function(leave, finish)
    pcall(pool.apply, pool, function()
      kept = table.pack(leave())
      finish()
    end)
  end)
  pool:terminate()
end

--! errors ‹…›on purpose‹…›
function cases.grandchildren()
  each_way(function(leave, finish)
    local process = mp.Process { target = function()
      local inner = mp.Process { target = function()
        kept = table.pack(leave())
        finish()
      end }
      inner:start()
      inner:join()
      kept = table.pack(leave())
      finish()
    end }
    process:start()
    process:join()
    process:close()
  end)
end

--- Handles that are only in messages that no process can get any more.
local circles = {
  in_itself = function()
    local queue = mp.Queue()
    for _ = 1, 1000 do queue:put { queue } end
  end,
  in_each_other = function()
    local one, other = mp.Queue(), mp.Queue()
    one:put { other, mp.Lock() }
    other:put { one, ("x"):rep(100000) }
  end,
  ring = function()
    local first = mp.Queue()
    local last = first
    for _ = 1, 300 do
      local next = mp.Queue()
      next:put(last)
      last = next
    end
    first:put(last)
  end,
  pipes = function()
    local one, other = mp.Pipe()
    for _, each in ipairs { one, other } do
      each:send(one)
      each:send(other)
    end
  end,
  end_in_its_own_pipe = function()
    local one, other = mp.Pipe()
    one:send(other)
    other = nil
    collectgarbage()
    collectgarbage()
    equal({ one:send(1) }, { nil, "closed" })
  end,
}

function cases.circles()
  each_way(function(_, finish)
    for _, circle in pairs(circles) do
      circle()
      local process = mp.Process { daemon = true, target = function()
        circle()
        if finish == endings.error then os.exit(1) end
        finish()
      end }
      process:start()
      process:join()
      process:close()
    end
  end, { circles })
end

--- Messages that a process can get again.
function cases.circles_that_are_kept()
  local outer, inner = mp.Queue(), mp.Queue()
  inner:put { inner, "here" }
  outer:put(inner)
  inner = nil
  collectgarbage()
  collectgarbage()
  equal(outer:get():get()[2], "here")
  local pipe, other = mp.Pipe()
  inner = mp.Queue()
  inner:put { inner, "there" }
  pipe:send(inner)
  inner = nil
  collectgarbage()
  collectgarbage()
  equal(other:recv():get()[2], "there")
end

expect.main()
