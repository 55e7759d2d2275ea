--- Random programs of processes that make, share and use everything there is, and end in every way at any moment: only
--- right answers come out, what is tried afterwards works, and nothing is left of them. `pmap run random.lua programs SEED
--- COUNT` runs so many from this seed on; scripts/programs runs many.
local expect = require "cases"
local cases = expect.cases
local mp = require "multiprocessing"
local core = require "_multiprocessing"
local equal, soon, sleep, clock = expect.equal, expect.soon, expect.sleep, expect.clock

local program, wrongs -- the seed, and how many wrong answers there were, in shared memory

--- Says what is wrong, wherever it is seen, unless `right`.
local function check(right, ...)
  if right then return end
  wrongs:add(1)
  io.stderr:write("WRONG in program ", program, ": ", table.concat({ ... }, " "), "\n")
end

-- ---- Chance ----

--- Numbers that are the same for the same seed: `random(n)` is 1 to n, `random()` less than 1.
local function chance(seed)
  local state = (seed * 0x9e3779b97f4a7c15) ~ 0x5851f42d4c957f2d
  return function(most)
    state = state * 6364136223846793005 + 1442695040888963407
    local number = (state ~ state >> 29) >> 11
    return most and number % most + 1 or number / 2.0 ^ 53
  end
end

local function one_of(random, list) return list[random(#list)] end

--- How long a call waits; in a process that will be killed some wait for ever.
local function patience(self)
  if self.will_be_killed and self.random(8) == 1 then return nil end
  if self.random(3) == 1 then return 0 end
  return self.random() * 0.004
end

-- ---- What there is, each with what is known of it ----

local makers = {
  lock = function() return { lock = mp.Lock(), inside = mp.Value("q", 0, false) } end,
  rlock = function() return { lock = mp.RLock(), inside = mp.Value("q", 0, false) } end,
  semaphore = function(random)
    local count = random(4)
    local make = one_of(random, { mp.Semaphore, mp.BoundedSemaphore })
    return { semaphore = make(count), count = count }
  end,
  condition = function() return { condition = mp.Condition() } end,
  event = function() return { event = mp.Event() } end,
  barrier = function(random) return { barrier = mp.Barrier(random(3)) } end,
  queue = function(random) return { queue = mp.Queue(random(4) == 1 and random(5) or nil) } end,
  pipe = function(random)
    local one, other = mp.Pipe(random(2) == 1)
    return { receiver = one, sender = other }
  end,
  numbers = function(random)
    return { value = mp.Value("q", 0), array = mp.Array(one_of(random, { "d", "i", "q" }), random(2000)) }
  end,
}
local kinds = {}
for kind in pairs(makers) do kinds[#kinds + 1] = kind end
table.sort(kinds)

local function make(self, kind)
  kind = kind or one_of(self.random, kinds)
  local thing = makers[kind](self.random)
  thing.kind = kind
  self.things[#self.things + 1] = thing
  return thing
end

local function some(self, kind)
  local found = {}
  for _, each in ipairs(self.things) do
    if each.kind == kind then found[#found + 1] = each end
  end
  return #found > 0 and one_of(self.random, found) or make(self, kind)
end

-- ---- What processes do ----

local acts = {}
local run -- a process's life

--- Nobody else is in there.
local function alone(self, thing)
  local me = self.number
  thing.inside.value = me
  if self.random(4) == 1 then sleep(self.random() * 0.001) end
  self:breathe()
  check(thing.inside.value == me, thing.kind, "held by", thing.inside.value, "and", me)
end

function acts.hold(self)
  local thing = some(self, one_of(self.random, { "lock", "rlock" }))
  local held <close> = thing.lock:hold(patience(self))
  if held then alone(self, thing) end
end

function acts.with(self)
  local thing = make(self, "lock")
  thing.lock:with(alone, self, thing)
end

-- Only an RLock is surely its holder's until that one releases it or ends.
function acts.acquire(self)
  local thing = some(self, "rlock")
  if not thing.lock:acquire(patience(self)) then return end
  if self.random(3) == 1 then thing.lock:acquire() thing.lock:release() end
  alone(self, thing)
  thing.lock:release()
end

--- Held when this process ends.
function acts.keep(self)
  for _ = 1, self.random(3) do
    local thing = make(self, one_of(self.random, { "lock", "rlock", "semaphore" }))
    local lock = thing.lock or thing.semaphore
    check(lock:acquire(), "a new", thing.kind, "is taken")
  end
end

function acts.semaphore(self)
  local thing = some(self, "semaphore")
  check(thing.semaphore:get_value() <= thing.count, "a semaphore above", thing.count)
  if self.random(2) == 1 then
    local _ <close> = thing.semaphore:hold(patience(self))
    self:breathe()
  elseif thing.semaphore:acquire(patience(self)) then
    self:breathe()
    thing.semaphore:release()
  end
end

function acts.condition(self)
  local condition = some(self, "condition").condition
  local held <close> = condition:hold(patience(self))
  if not held then return end
  if self.random(2) == 1 then condition:wait(patience(self)) else condition:notify(self.random(3)) end
end

function acts.event(self)
  local event = some(self, "event").event
  local way = self.random(3)
  if way == 1 then event:wait(patience(self)) elseif way == 2 then event:set() else event:clear() end
end

function acts.barrier(self)
  local barrier = some(self, "barrier").barrier
  if barrier.broken then return barrier:reset() end
  local place = barrier:wait(patience(self))
  check(not place or place < barrier.parties, "place", place)
end

--- Each item has a number of its own, and comes once.
function acts.put(self)
  local thing = some(self, "queue")
  local number = self.items:add(1)
  if number > 4096 then return end
  local item = { number = number, text = ("x"):rep(number % 7 == 0 and 70000 or number % 50) }
  if self.random(4) == 1 then item.thing = one_of(self.random, self.things) end
  thing.queue:put(item, patience(self))
end

function acts.get(self)
  local thing = some(self, "queue")
  local item, reason = thing.queue:get(patience(self))
  if not item then return check(reason == "empty", "get:", reason) end
  check(#item.text == (item.number % 7 == 0 and 70000 or item.number % 50), "item", item.number, "has", #item.text, "bytes")
  local seen = self.seen:add(item.number, 1)
  check(seen == 1, "item", item.number, "came", seen, "times")
  if item.thing and #self.things < 40 then self.things[#self.things + 1] = item.thing end
  self:breathe()
  if self.random(3) > 1 then thing.queue:task_done() end
end

function acts.join(self) some(self, "queue").queue:join(self.random() * 0.002) end

function acts.pipe(self)
  local thing = some(self, "pipe")
  if thing.receiver.closed or thing.sender.closed then return end
  local way = self.random(10)
  if way == 1 then
    one_of(self.random, { thing.receiver, thing.sender }):close()
  elseif way < 6 then
    local list = {}
    for place = 1, self.random(100) do list[place] = place end
    thing.sender:send(list)
  else
    local list = thing.receiver:recv(patience(self) or 0.01)
    check(not list or list[#list] == #list, "a pipe's message")
  end
end

function acts.numbers(self)
  local thing = some(self, "numbers")
  check(thing.value:add(2) % 2 == 0, "an odd sum")
  local array, place = thing.array, self.random(#thing.array)
  array[place] = place
  check(array[place] == place or array[place] == 0, "an array's number")
end

function acts.make(self) make(self) end

--- In itself, or in one that is in it.
function acts.circle(self)
  local one, other = make(self, "queue"), make(self, "queue")
  one.queue:put({ number = 0, text = "", thing = other }, 0)
  other.queue:put({ number = 0, text = "", thing = self.random(2) == 1 and one or other }, 0)
  self.things[#self.things], self.things[#self.things - 1] = nil, nil
end

function acts.forget(self)
  if #self.things > 3 then table.remove(self.things, self.random(#self.things)) end
  if self.random(3) == 1 then collectgarbage() end
end

function acts.pool(self)
  if self.depth > 1 or self.random(4) > 1 then return end
  local count, victim, lock = self.random(30), self.random(60), mp.Lock()
  local pool = mp.Pool { processes = self.random(2), maxtasksperchild = self.random(3) == 1 and self.random(3) or nil }
  local items = {}
  for place = 1, count do items[place] = place end
  local function f(item)
    if item == victim then
      mp.Lock():acquire()
      lock:acquire()
      core.kill(mp.getpid(), 9)
    end
    return item * 2
  end
  local done, results = pcall(pool.map, pool, f, items, self.random(3) == 1 and self.random(9) or nil)
  if done then
    for place = 1, count do check(results[place] == place * 2, "result", place, "is", tostring(results[place])) end
  else
    local kind = type(results) == "table" and results.kind
    check(kind == "crash", "a pool's failure:", tostring(results))
  end
  if self.random(3) == 1 then pool:terminate() else pool:close() end
  if self.random(2) == 1 then pool:join() end
end

function acts.manager(self)
  if self.depth > 0 or self.random(4) > 1 then return end
  local manager <close> = mp.Manager()
  local dict, list = manager:dict(), manager:list { 1, 2 }
  dict.x = { 1, { 2 } }
  list:append(3)
  equal({ dict.x, list[3] }, { { 1, { 2 } }, 3 })
end

local names = {}
for name in pairs(acts) do names[#names + 1] = name end
table.sort(names)
for _, name in ipairs { "hold", "acquire", "put", "put", "get", "get", "child", "child", "child" } do names[#names + 1] = name end

-- ---- Processes ----

local fates = { "return", "return", "error", "exit", "fail", "kill", "killed", "killed", "killed" }
local codes = { ["return"] = 0, error = 1, exit = 0, fail = 3, kill = -9, killed = -9 }

local function ending(self)
  if self.fate == "error" then error "on purpose" end
  if self.fate == "exit" then os.exit(0) end
  if self.fate == "fail" then os.exit(3) end
  if self.fate == "kill" then core.kill(mp.getpid(), 9) end
  return self.number
end

--- Between two instructions of what it does a process may end.
local function breathe(self)
  if self.last_breath then
    self.last_breath = self.last_breath - 1
    if self.last_breath == 0 then ending(self) end
  end
end

function acts.child(self)
  if self.depth >= 3 or #self.children >= 4 then return end
  local number = self.numbers:add(1)
  if number > 40 then return end
  local fate = one_of(self.random, fates)
  local process = mp.Process { name = "P" .. number, daemon = self.random(2) == 1, target = function()
    local child = {
      depth = self.depth + 1, number = number, random = chance(program * 1000 + number), things = self.things, children = {},
      numbers = self.numbers, items = self.items, seen = self.seen, fate = fate, will_be_killed = fate == "killed",
      breathe = breathe,
    }
    if child.random(2) == 1 and fate ~= "return" then child.last_breath = child.random(5) end
    return run(child)
  end }
  process:start()
  self.children[#self.children + 1] = { process = process, fate = fate, number = number, dies = clock() + self.random() * 0.01 }
end

--- Waits for the children whose time has come; a process that its parent's end has killed is nobody's fault.
local function look_after_children(self, is_last)
  for place = #self.children, 1, -1 do
    local child = self.children[place]
    if child.fate == "killed" and (is_last or clock() >= child.dies) then child.process:kill() end
    if not is_last and child.fate ~= "killed" then goto continue end
    if not child.process:join(child.fate == "killed" and 20 or 0.05) then
      child.process:kill()
      child.fate = "killed"
      check(child.process:join(20), "process", child.number, "does not end")
    end
    local code = child.process.exitcode
    check(code == codes[child.fate] or child.fate ~= "killed" and code == 1 or child.fate == "killed",
      "process", child.number, child.fate, "has ended with", tostring(code))
    if code == 0 and child.fate == "return" then check(child.process:result() == child.number, "a process's result") end
    child.process:close()
    table.remove(self.children, place)
    ::continue::
  end
end

function run(self)
  for _ = 1, 3 + self.random(10) do
    acts[one_of(self.random, names)](self)
    self:breathe()
    look_after_children(self, false)
  end
  look_after_children(self, true)
  if self.fate then return ending(self) end
end

-- ---- Programs ----

--- What works in any program.
local function sane()
  local queue, lock = mp.Queue(), mp.Lock()
  local process = expect.start(function()
    for place = 1, 20 do lock:with(queue.put, queue, { place, lock, ("x"):rep(place * 100) }) end
  end)
  for place = 1, 20 do
    local item = queue:get(20)
    equal({ item[1], #item[3] }, { place, place * 100 })
  end
  process:join()
  equal(process.exitcode, 0)
  process:close()
  local pool = mp.Pool(2)
  equal(pool:map(function(item) return item * item end, { 1, 2, 3 })[3], 9)
  pool:close()
  pool:join()
  local manager <close> = mp.Manager()
  equal(manager:list { 3 }[1], 3)
end

local function one_program(seed)
  program = seed
  local main = {
    depth = 0, number = 0, random = chance(seed), things = {}, children = {}, breathe = breathe,
    numbers = mp.Value("q", 0, false), items = mp.Value("q", 0, false), seen = mp.Array("B", 4096, false),
  }
  for _ = 1, 2 + main.random(6) do make(main) end
  for _ = 1, 3 do acts.child(main) end
  run(main)
end

--! errors ‹…›
function cases.programs()
  local first, count = tonumber(arg[2]) or 1, tonumber(arg[3]) or 12
  wrongs = mp.Value("q", 0, false)
  program = first
  sane()
  soon(function() return select(2, core.usage()) == 1 end)
  collectgarbage()
  collectgarbage()
  local bytes, processes = core.usage()
  for seed = first, first + count - 1 do
    one_program(seed)
    sane()
    local bytes_now, processes_now
    local limit = clock() + 20
    repeat
      collectgarbage()
      collectgarbage()
      bytes_now, processes_now = core.usage()
      if bytes_now ~= bytes or processes_now ~= processes then sleep(0.002) end
    until bytes_now == bytes and processes_now == processes or clock() > limit
    check(bytes_now == bytes and processes_now == processes, "left are", bytes_now - bytes, "bytes,", processes_now - processes, "processes")
  end
  equal(wrongs.value, 0)
end

expect.main()
