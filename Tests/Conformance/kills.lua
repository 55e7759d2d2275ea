--- Processes that are killed at any moment: no other hangs, nothing else is lost or done twice, and nothing is left of them.
--- `pmap run kills.lua CASE 1000` kills so many.
local expect = require "cases"
local cases = expect.cases
local mp = require "multiprocessing"
local core = require "_multiprocessing"
local equal, soon, sleep = expect.equal, expect.soon, expect.sleep

local kills = tonumber(arg[2]) or 60

--- Runs `f` in a process that is killed after up to `most` seconds, and calls `meanwhile` in between.
local function kill_during(f, meanwhile, most)
  local process = mp.Process { target = f, daemon = true }
  process:start()
  if meanwhile then meanwhile(process) end
  sleep(math.random() * (most or 0.002))
  process:kill()
  process:join()
  equal(process.exitcode, -9, "the exit code")
  process:close()
end

--- Calls `f`, and checks that it leaves no shared memory and no process.
local function without_traces(f)
  collectgarbage()
  collectgarbage()
  local bytes, processes = core.usage()
  f()
  collectgarbage()
  collectgarbage()
  local bytes_after, processes_after = core.usage()
  equal(processes_after, processes, "processes")
  equal(bytes_after, bytes, "bytes")
end

--- The items 1 to the counted number, or one more, which was put and not yet counted.
local function check_items(items, said)
  for place, item in ipairs(items) do equal(item, place) end
  assert(#items == said or #items == said + 1, ("%d items, %d said"):format(#items, said))
end

--- Handles in messages, tasks, results and functions are freed with those.
function cases.handles()
  without_traces(function()
    for _ = 1, kills do
      local queue = mp.Queue()
      kill_during(function()
        while true do
          local receiver, sender = mp.Pipe(false)
          local inner = mp.Queue()
          inner:put { sender, mp.Lock() }
          queue:put { receiver, { inner } }
          queue:put(queue:get())
        end
      end, function()
        for _ = 1, math.random(0, 3) do queue:get(0.01) end
      end)
      queue:close()
    end
  end)
end

function cases.handles_in_pools()
  without_traces(function()
    local lock, queue = mp.Lock(), mp.Queue()
    local pool = mp.Pool(2)
    local items = {}
    for place = 1, 20 do items[place] = { mp.Event(), queue, place } end
    for _ = 1, math.max(3, kills // 10) do
      local victim = math.random(20)
      local job = pool:map_async(function(item)
        item[1]:set()
        if item[3] == victim then core.kill(mp.getpid(), 9) end
        return { lock:with(function() return item[3] end), mp.Lock(), select(2, mp.Pipe()) }
      end, items, math.random(7))
      local done, failure = pcall(job.get, job)
      equal({ done, failure.kind, failure.index }, { false, "crash", victim })
    end
    pool:close()
    pool:join()
    queue:close()
  end)
end

--- A wait with a timeout ends in time, though another process is stopped in the middle of a change.
--! errors pmap: process ‹…› is stopped and holds the shared memory; all others wait for it: kill -CONT ‹…›\n
function cases.stopped_in_a_change()
  without_traces(function()
    local numbers, lock, queue, event = mp.Array("q", 1, false), mp.Lock(), mp.Queue(1), mp.Event()
    local barrier, condition, full = mp.Barrier(2), mp.Condition(), mp.Queue(1)
    local receiver, sender = mp.Pipe(false)
    local sleeper = expect.start(function() event:wait() end)
    full:put(1)
    local busy = expect.start(function() while true do numbers:add(1, 1) end end)
    soon(function() return numbers[1] > 0 end)
    repeat
      core.kill(busy.pid, 19)
      local before = expect.clock()
      equal({ queue:get(false) }, { nil, "empty" })
      local is_stuck = expect.clock() - before >= 1
      if not is_stuck then core.kill(busy.pid, 18) end
    until is_stuck
    for _ = 1, 2 do
      equal({ queue:get(0.01) }, { nil, "empty" })
      equal({ lock:acquire(false) }, { nil, "timeout" })
      equal({ full:put(("x"):rep(10000), 0.01) }, { nil, "full" })
      equal({ queue:put(1, 0.01) }, { nil, "full" })
      equal({ receiver:recv(0.01) }, { nil, "timeout" })
      equal({ event:wait(0.01) }, { nil, "timeout" })
      equal({ barrier:wait(0.01) }, { nil, "broken" })
      equal({ sleeper:join(0.01) }, { nil, "timeout" })
      equal(mp.wait({ queue, sleeper }, 0.01), {})
    end
    core.kill(busy.pid, 18)
    busy:kill()
    busy:join()
    event:set()
    sleeper:join()
    equal({ queue:get(false) }, { nil, "empty" })
    equal({ lock:acquire(false) }, { true })
    lock:release()
    equal(full:get(), 1)
    sender:send(2)
    equal(receiver:recv(1), 2)
    for _, each in ipairs { busy, sleeper } do each:close() end
  end)
end

function cases.put()
  without_traces(function()
    local said = mp.Value("q", 0, false)
    for _, size in ipairs { 10, 100000 } do
      for _ = 1, kills // 2 do
        local queue, items = mp.Queue(5), {}
        said.value = 0
        kill_during(function()
          for item = 1, math.maxinteger do
            queue:put { item, ("x"):rep(size) }
            said.value = item
          end
        end, function()
          for place = 1, math.random(0, 30) do items[place] = queue:get()[1] end
        end)
        while not queue:empty() do items[#items + 1] = queue:get(false)[1] end
        check_items(items, said.value)
        queue:close()
      end
    end
  end)
end

function cases.get()
  without_traces(function()
    local queue, seen, put = mp.Queue(5), mp.Array("B", 1 << 20, false), 0
    for _ = 1, kills do
      kill_during(function()
        while true do
          local item = queue:get()
          seen:add(item, 1)
        end
      end, function()
        for _ = 1, math.random(1, 50) do
          if queue:put(put + 1, 0.001) then put = put + 1 end
        end
      end, 0.0005)
    end
    while not queue:empty() do seen:add(queue:get(), 1) end
    local lost = 0
    for item = 1, put do
      if seen[item] == 0 then lost = lost + 1 else equal(seen[item], 1) end
    end
    assert(lost <= kills, lost)
    for _ = 1, queue:qsize() do queue:task_done() end
  end)
end

function cases.lock()
  local function acquiring(lock, inside)
    local _, reason = lock:acquire()
    if reason == "abandoned" then inside.value = 0 end
    assert(inside:add(1) == 1)
    inside:add(-1)
    lock:release()
  end
  local function holding(lock, inside)
    local held <close> = lock:hold()
    if held.reason == "abandoned" then inside.value = 0 end
    assert(inside:add(1) == 1)
    inside:add(-1)
  end
  for _, way in ipairs { { mp.Lock, acquiring }, { mp.RLock, acquiring }, { mp.Lock, holding }, { mp.RLock, holding }, { mp.Semaphore, holding } } do
    without_traces(function()
      local make, enter = table.unpack(way)
      local lock, inside, stop = make(), mp.Value("i", 0, false), mp.Event()
      local other = mp.Process { daemon = true, target = function()
        while not stop:is_set() do enter(lock, inside) end
      end }
      other:start()
      for _ = 1, kills // 3 do
        kill_during(function()
          while true do enter(lock, inside) end
        end)
      end
      stop:set()
      other:join()
      equal(other.exitcode, 0)
      local _, reason = lock:acquire()
      if not reason then equal(inside.value, 0) end
      lock:release()
      equal({ lock:acquire(false) }, { true })
      lock:release()
    end)
  end
end

function cases.semaphore()
  without_traces(function()
    local semaphore = mp.Semaphore(3)
    for _ = 1, kills do
      kill_during(function()
        while true do
          local held <close> = semaphore:hold()
          if math.random(3) == 1 then local again <close> = semaphore:hold(0.0001) end
        end
      end, function()
        semaphore:acquire()
        semaphore:release()
      end)
      assert(semaphore:get_value() <= 3)
    end
    for _ = 1, 2 do equal(semaphore:acquire(false), true) end
    for _ = 1, 2 do semaphore:release() end
  end)
end

function cases.condition()
  without_traces(function()
    local condition, stop, woken = mp.Condition(), mp.Event(), mp.Value("i", 0)
    local notifier = mp.Process { daemon = true, target = function()
      while not stop:is_set() do condition:with(function() condition:notify(math.random(3)) end) end
    end }
    local sleeper = mp.Process { daemon = true, target = function()
      condition:acquire()
      while not stop:is_set() do
        condition:wait()
        woken:add(1)
      end
      condition:release()
    end }
    notifier:start()
    sleeper:start()
    for place = 1, kills do
      kill_during(function()
        while true do
          condition:acquire()
          if place % 2 == 0 then condition:wait() else condition:notify_all() end
          condition:release()
        end
      end)
    end
    soon(function() return woken.value > 10 end)
    stop:set()
    notifier:join()
    while not sleeper:join(0.01) do condition:with(function() condition:notify_all() end) end
    equal({ notifier.exitcode, sleeper.exitcode }, { 0, 0 })
  end)
end

function cases.event()
  without_traces(function()
    local event, heard, stop = mp.Event(), mp.Value("i", 0), mp.Event()
    local listener = mp.Process { daemon = true, target = function()
      while not stop:is_set() do
        event:wait()
        heard:add(1)
        event:clear()
      end
    end }
    listener:start()
    for place = 1, kills do
      kill_during(function()
        while true do
          if place % 2 == 0 then event:wait() else event:set() end
        end
      end)
    end
    stop:set()
    while not listener:join(0.001) do event:set() end
    equal(listener.exitcode, 0)
  end)
end

function cases.barrier()
  without_traces(function()
    local barrier = mp.Barrier(2)
    local broken = 0
    for _ = 1, kills do
      local partner = mp.Process { daemon = true, target = function()
        while true do
          local place, reason = barrier:wait()
          if not place then return reason end
        end
      end }
      partner:start()
      kill_during(function() while barrier:wait() do end end)
      -- Unless it was killed before it waited.
      if not partner:join(0.01) then barrier:abort() end
      equal(partner:result(), "broken")
      barrier:reset()
      broken = broken + 1
    end
    equal(broken, kills)
    equal(barrier.n_waiting, 0)
  end)
end

function cases.send()
  without_traces(function()
    local said = mp.Value("q", 0, false)
    for place = 1, kills do
      local receiver, sender = mp.Pipe(false)
      local items = {}
      said.value = 0
      local text = ("x"):rep(place % 2 == 0 and 10 or 300000)
      kill_during(function()
        for item = 1, math.maxinteger do
          sender:send { item, text }
          said.value = item
        end
      end, function()
        sender:close()
        for item = 1, math.random(0, 30) do items[item] = receiver:recv()[1] end
      end)
      while true do
        local message, reason = receiver:recv()
        if reason then
          equal(reason, "closed")
          break
        end
        items[#items + 1] = message[1]
      end
      check_items(items, said.value)
      receiver:close()
    end
  end)
end

function cases.recv()
  without_traces(function()
    local seen = mp.Array("B", 10000, false)
    for _ = 1, kills do
      local receiver, sender = mp.Pipe(false)
      local sent = 0
      kill_during(function()
        while true do seen:add(receiver:recv()[1], 1) end
      end, function()
        receiver:close()
        for item = 1, math.random(1, 40) do
          if not sender:send { item } then break end
          sent = item
        end
      end, 0.0005)
      equal({ sender:send(1) }, { nil, "closed" })
      local last = 0
      for item = 1, sent do
        if seen[item] == 1 then equal(last, item - 1) last = item end
        assert(seen[item] <= 1)
        seen[item] = 0
      end
      sender:close()
    end
  end)
end

function cases.manager_request()
  local manager = mp.Manager()
  local dict = manager:dict()
  dict.count = 0
  local said = mp.Value("q", 0, false)
  for _ = 1, kills do
    dict.count, said.value = 0, 0
    kill_during(function()
      while true do
        mp.update(dict, "count", function(count) return count + 1 end)
        said.value = said.value + 1
      end
    end, function() dict.other = dict.count end)
    local count = dict.count
    assert(count == said.value or count == said.value + 1, count .. " " .. said.value)
  end
  manager:shutdown()
end

-- A request that was not answered keeps the channel for its answer until the script ends, so bytes are not compared.
function cases.manager()
  for _ = 1, kills // 3 do
    local manager = mp.Manager()
    local dict = manager:dict()
    local server = mp.active_children()[1]
    local asking = mp.Process(function()
      local _, failure = pcall(function() while true do dict.x = (dict.x or 0) + 1 end end)
      return failure.kind
    end)
    asking:start()
    sleep(math.random() * 0.003)
    server:kill()
    equal(asking:result(), "crash")
    equal(pcall(function() return dict.x end), false)
    manager:shutdown()
  end
  equal(select(2, core.usage()), 1)
end

function cases.pool_item()
  local rounds = math.max(1, kills // 20)
  for round = 1, rounds do
    local pool = mp.Pool(3)
    local ran, killed, stop = mp.Array("B", 300, false), mp.Value("i", 0), mp.Event()
    local workers = mp.Queue()
    pool:map(function() workers:put(mp.getpid()) sleep(0.002) end, { 1, 2, 3 }, 1)
    local killer = mp.Process { target = function()
      for _ = 1, 20 do
        sleep(math.random() * 0.004)
        local list = core.children(pool._supervisor)
        local worker = list[math.random(#list + 1)]
        if worker then
          core.kill(worker[1], 9)
          killed:add(1)
        end
      end
      stop:set()
    end, daemon = true }
    killer:start()
    while not stop:is_set() do
      local items = {}
      for place = 1, 300 do
        items[place] = place
        ran[place] = 0
      end
      local before = killed.value
      local done, results = pcall(pool.map, pool, function(place)
        ran:add(place, 1)
        if place % 17 == 0 then return ("x"):rep(300000) end
        return place
      end, items, round % 3 == 0 and 1 or nil)
      if done then
        for place = 1, 300 do equal(results[place], place % 17 == 0 and ("x"):rep(300000) or place) end
      else
        local lost = 0
        for place = 1, 300 do
          local failure = results.errors[place]
          if failure then
            lost = lost + 1
            equal(failure.kind, "crash")
            equal(failure.exitcode, -9)
          else
            equal(results.results[place], place % 17 == 0 and ("x"):rep(300000) or place)
          end
        end
        assert(lost <= 20, lost)
      end
      for place = 1, 300 do
        assert(ran[place] <= 1, "an item ran twice")
        if done then equal(ran[place], 1) end
      end
    end
    killer:join()
    pool:close()
    pool:join()
  end
end

function cases.supervisor()
  for _ = 1, math.max(3, kills // 10) do
    local pool = mp.Pool(2)
    pool:map_async(function() sleep(0.0002) end, setmetatable({}, { __index = function() return 1 end, __len = function() return 2000 end }), 1)
    sleep(math.random() * 0.01)
    core.kill(pool._supervisor, 9)
    local done, failure = pcall(pool.map, pool, tostring, { 1, 2, 3 })
    assert(not done and tostring(failure):find "supervisor has died")
    pool:terminate()
  end
end

function cases.start()
  without_traces(function()
    for place = 1, kills do
      local process = mp.Process { target = function() mp.Process(sleep, 100):start() sleep(100) end, daemon = true }
      process:start()
      if place % 2 == 0 then sleep(math.random() * 0.001) end
      process:kill()
      process:join()
    end
    soon(function()
      local process = mp.Process(sleep, 0)
      process:start()
      process:join()
      return select(2, core.usage()) == 1
    end)
  end)
end

-- The script itself is killed; the test that runs this checks the processes that it has started.
function cases.script()
  for _ = 1, math.max(4, kills // 15) do
    local output, status = expect.script(([[
      local mp = require "multiprocessing"
      os.execute("sh -c 'sleep %.4f; kill -9 " .. mp.getpid() .. "' > /dev/null 2>&1 &")
      local manager, queue = mp.Manager(), mp.Queue()
      local dict = manager:dict()
      while true do
        local pool = mp.Pool(2)
        mp.Process(function() queue:put(1) dict.x = 1 os.execute "sleep 0.001" end):start()
        pool:map(function(x) dict[x] = x end, { 1, 2, 3 })
        pool:close()
        pool:join()
      end]]):format(math.random() * 0.05))
    assert(status == -9 or status == 137, output)
  end
end

expect.main()
