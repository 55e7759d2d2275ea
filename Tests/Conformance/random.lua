--- Random programs of processes that make, share and use all objects, and end in every way at any moment: all answers are
--- right, what is tried afterwards works, and nothing is left of them. `pmap run random.lua programs SEED COUNT` runs so many
--- from this seed on; scripts/programs runs many.
local expect = require "cases"
local cases = expect.cases
local mp = require "multiprocessing"
local core = require "_multiprocessing"
local equal, soon, sleep, clock = expect.equal, expect.soon, expect.sleep, expect.clock

local program, wrong_answers -- the seed, and how many wrong answers there were, in shared memory

--- Reports and counts a wrong answer, unless `right`.
local function check(right, ...)
  if right then return end
  wrong_answers:add(1)
  io.stderr:write("WRONG in program ", program, ": ", table.concat({ ... }, " "), "\n")
end

-- ---- Random numbers ----

--- A generator of random numbers from a seed: `random(n)` is 1 to n, `random()` less than 1.
local function generator(seed)
  local state = (seed * 0x9e3779b97f4a7c15) ~ 0x5851f42d4c957f2d
  return function(most)
    state = state * 6364136223846793005 + 1442695040888963407
    local number = (state ~ state >> 29) >> 11
    return most and number % most + 1 or number / 2.0 ^ 53
  end
end

local function one_of(random, list) return list[random(#list)] end

--- The timeout of a call; in a process that will be killed some wait for ever.
local function timeout(self)
  if self.will_be_killed and self.random(8) == 1 then return nil end
  if self.random(3) == 1 then return 0 end
  return self.random() * 0.004
end

-- ---- The objects, each with its expected state ----

local constructors = {
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
for kind in pairs(constructors) do kinds[#kinds + 1] = kind end
table.sort(kinds)

local function make(self, kind)
  kind = kind or one_of(self.random, kinds)
  local object = constructors[kind](self.random)
  object.kind = kind
  self.objects[#self.objects + 1] = object
  return object
end

local function some(self, kind)
  local found = {}
  for _, each in ipairs(self.objects) do
    if each.kind == kind then found[#found + 1] = each end
  end
  return #found > 0 and one_of(self.random, found) or make(self, kind)
end

-- ---- The actions of processes ----

local actions = {}
local run -- a process's life

--- Checks that no other process is in the critical section.
local function check_exclusive(self, object)
  local me = self.number
  object.inside.value = me
  if self.random(4) == 1 then sleep(self.random() * 0.001) end
  self:step()
  check(object.inside.value == me, object.kind, "held by", object.inside.value, "and", me)
end

function actions.hold(self)
  local object = some(self, one_of(self.random, { "lock", "rlock" }))
  local held <close> = object.lock:hold(timeout(self))
  if held then check_exclusive(self, object) end
end

function actions.with(self)
  local object = make(self, "lock")
  object.lock:with(check_exclusive, self, object)
end

-- Only an RLock is held for certain until its holder releases it or ends.
function actions.acquire(self)
  local object = some(self, "rlock")
  if not object.lock:acquire(timeout(self)) then return end
  if self.random(3) == 1 then object.lock:acquire() object.lock:release() end
  check_exclusive(self, object)
  object.lock:release()
end

--- Acquires a lock that this process holds when it ends.
function actions.keep(self)
  for _ = 1, self.random(3) do
    local object = make(self, one_of(self.random, { "lock", "rlock", "semaphore" }))
    local lock = object.lock or object.semaphore
    check(lock:acquire(), "a new", object.kind, "is taken")
  end
end

function actions.semaphore(self)
  local object = some(self, "semaphore")
  check(object.semaphore:get_value() <= object.count, "a semaphore above", object.count)
  if self.random(2) == 1 then
    local _ <close> = object.semaphore:hold(timeout(self))
    self:step()
  elseif object.semaphore:acquire(timeout(self)) then
    self:step()
    object.semaphore:release()
  end
end

function actions.condition(self)
  local condition = some(self, "condition").condition
  local held <close> = condition:hold(timeout(self))
  if not held then return end
  if self.random(2) == 1 then condition:wait(timeout(self)) else condition:notify(self.random(3)) end
end

function actions.event(self)
  local event = some(self, "event").event
  local way = self.random(3)
  if way == 1 then event:wait(timeout(self)) elseif way == 2 then event:set() else event:clear() end
end

function actions.barrier(self)
  local barrier = some(self, "barrier").barrier
  if barrier.broken then return barrier:reset() end
  local place = barrier:wait(timeout(self))
  check(not place or place < barrier.parties, "place", place)
end

--- Each item has its own number, and is received once.
function actions.put(self)
  local object = some(self, "queue")
  local number = self.items:add(1)
  if number > 4096 then return end
  local item = { number = number, text = ("x"):rep(number % 7 == 0 and 70000 or number % 50) }
  local other = self.random(4) == 1 and one_of(self.random, self.objects)
  if other and not (other.kind == "pipe" and (other.receiver.closed or other.sender.closed)) then item.object = other end
  object.queue:put(item, timeout(self))
end

function actions.get(self)
  local object = some(self, "queue")
  local item, reason = object.queue:get(timeout(self))
  if not item then return check(reason == "empty", "get:", reason) end
  check(#item.text == (item.number % 7 == 0 and 70000 or item.number % 50), "item", item.number, "has", #item.text, "bytes")
  local seen = self.seen:add(item.number, 1)
  check(seen == 1, "item", item.number, "came", seen, "times")
  if item.object and #self.objects < 40 then self.objects[#self.objects + 1] = item.object end
  self:step()
  if self.random(3) > 1 then object.queue:task_done() end
end

function actions.join(self) some(self, "queue").queue:join(self.random() * 0.002) end

function actions.pipe(self)
  local object = some(self, "pipe")
  if object.receiver.closed or object.sender.closed then return end
  local way = self.random(10)
  if way == 1 then
    one_of(self.random, { object.receiver, object.sender }):close()
  elseif way < 6 then
    local list = {}
    for place = 1, self.random(100) do list[place] = place end
    object.sender:send(list)
  else
    local list = object.receiver:recv(timeout(self) or 0.01)
    check(not list or list[#list] == #list, "a pipe's message")
  end
end

function actions.numbers(self)
  local object = some(self, "numbers")
  check(object.value:add(2) % 2 == 0, "an odd sum")
  local array, place = object.array, self.random(#object.array)
  array[place] = place
  check(array[place] == place or array[place] == 0, "an array's number")
end

function actions.make(self) make(self) end

--- Puts a queue into itself, or into one that is in it.
function actions.circle(self)
  local one, other = make(self, "queue"), make(self, "queue")
  one.queue:put({ number = 0, text = "", object = other }, 0)
  other.queue:put({ number = 0, text = "", object = self.random(2) == 1 and one or other }, 0)
  self.objects[#self.objects], self.objects[#self.objects - 1] = nil, nil
end

function actions.forget(self)
  if #self.objects > 3 then table.remove(self.objects, self.random(#self.objects)) end
  if self.random(3) == 1 then collectgarbage() end
end

function actions.pool(self)
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

function actions.manager(self)
  if self.depth > 0 or self.random(4) > 1 then return end
  local manager <close> = mp.Manager()
  local dict, list = manager:dict(), manager:list { 1, 2 }
  dict.x = { 1, { 2 } }
  list:append(3)
  equal({ dict.x, list[3] }, { { 1, { 2 } }, 3 })
end

local names = {}
for name in pairs(actions) do names[#names + 1] = name end
table.sort(names)
for _, name in ipairs { "hold", "acquire", "put", "put", "get", "get", "child", "child", "child" } do names[#names + 1] = name end

-- ---- Processes ----

local endings = { "return", "return", "error", "exit", "fail", "kill", "killed", "killed", "killed" }
local codes = { ["return"] = 0, error = 1, exit = 0, fail = 3, kill = -9, killed = -9 }

local function end_process(self)
  if self.ending == "error" then error "on purpose" end
  if self.ending == "exit" then os.exit(0) end
  if self.ending == "fail" then os.exit(3) end
  if self.ending == "kill" then core.kill(mp.getpid(), 9) end
  return self.number
end

--- Ends a process between two instructions of its actions.
local function step(self)
  if self.steps_left then
    self.steps_left = self.steps_left - 1
    if self.steps_left == 0 then end_process(self) end
  end
end

function actions.child(self)
  if self.depth >= 3 or #self.children >= 4 then return end
  local number = self.numbers:add(1)
  if number > 40 then return end
  local ending = one_of(self.random, endings)
  local process = mp.Process { name = "P" .. number, daemon = self.random(2) == 1, target = function()
    local child = {
      depth = self.depth + 1, number = number, random = generator(program * 1000 + number), objects = self.objects, children = {},
      numbers = self.numbers, items = self.items, seen = self.seen, ending = ending, will_be_killed = ending == "killed",
      step = step,
    }
    if child.random(2) == 1 and ending ~= "return" then child.steps_left = child.random(5) end
    return run(child)
  end }
  process:start()
  self.children[#self.children + 1] = { process = process, ending = ending, number = number, kill_time = clock() + self.random() * 0.01 }
end

--- Waits for the children that are to end; one that was killed by its parent's end is no failure.
local function kill_and_join_children(self, is_last)
  for place = #self.children, 1, -1 do
    local child = self.children[place]
    local is_killed = child.ending == "killed" and (is_last or clock() >= child.kill_time)
    if is_killed then child.process:kill() end
    if not is_last and not is_killed then goto continue end
    if not child.process:join(child.ending == "killed" and 20 or 0.05) then
      child.process:kill()
      child.ending = "killed"
      check(child.process:join(20), "process", child.number, "does not end")
    end
    local code = child.process.exitcode
    check(code == codes[child.ending] or child.ending ~= "killed" and code == 1 or child.ending == "killed",
      "process", child.number, child.ending, "has ended with", tostring(code))
    if code == 0 and child.ending == "return" then check(child.process:result() == child.number, "a process's result") end
    child.process:close()
    table.remove(self.children, place)
    ::continue::
  end
end

function run(self)
  for _ = 1, 3 + self.random(10) do
    actions[one_of(self.random, names)](self)
    self:step()
    kill_and_join_children(self, false)
  end
  kill_and_join_children(self, true)
  if self.ending then return end_process(self) end
end

-- ---- Programs ----

--- Checks that the objects still work after a program.
local function check_usable()
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
    depth = 0, number = 0, random = generator(seed), objects = {}, children = {}, step = step,
    numbers = mp.Value("q", 0, false), items = mp.Value("q", 0, false), seen = mp.Array("B", 4096, false),
  }
  for _ = 1, 2 + main.random(6) do make(main) end
  for _ = 1, 3 do actions.child(main) end
  run(main)
end

--! errors ‹…›
function cases.programs()
  local first, count = tonumber(arg[2]) or 1, tonumber(arg[3]) or 12
  wrong_answers = mp.Value("q", 0, false)
  program = first
  check_usable()
  soon(function() return select(2, core.usage()) == 1 end)
  collectgarbage()
  collectgarbage()
  local bytes, processes = core.usage()
  for seed = first, first + count - 1 do
    one_program(seed)
    check_usable()
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
  equal(wrong_answers.value, 0)
end

expect.main()
