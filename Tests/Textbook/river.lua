-- River crossing: a boat takes four hackers, four serfs, or two of each. The captain gives the river back.
local mp = require "multiprocessing"

local each = 8
local barrier, mutex = mp.Barrier(4), mp.Semaphore(1)
local waiting, queue = mp.Array("i", 2, false), { mp.Semaphore(0), mp.Semaphore(0) }
local aboard, boats, bad = mp.Array("i", 2), mp.Value("i", 0, false), mp.Value("i", 0, false)

local function row()
  if aboard[1] + aboard[2] ~= 4 or aboard[1] % 2 ~= 0 then bad.value = bad.value + 1 end
  boats.value = boats.value + 1
  aboard[1], aboard[2] = 0, 0
end

local function cross(own, other)
  local is_captain = false
  mutex:acquire()
  waiting[own] = waiting[own] + 1
  if waiting[own] == 4 then
    queue[own]:release(4)
    waiting[own] = 0
    is_captain = true
  elseif waiting[own] == 2 and waiting[other] >= 2 then
    queue[own]:release(2)
    queue[other]:release(2)
    waiting[own], waiting[other] = 0, waiting[other] - 2
    is_captain = true
  else
    mutex:release()
  end
  queue[own]:acquire()
  aboard:add(own, 1)
  barrier:wait()
  if is_captain then
    row()
    mutex:release()
  end
end

local processes = {}
for number = 1, each do
  processes[#processes + 1] = mp.Process(cross, 1, 2)
  processes[#processes + 1] = mp.Process(cross, 2, 1)
end
for _, process in ipairs(processes) do process:start() end
for _, process in ipairs(processes) do process:join() end
print("boats", boats.value)
print("wrong crews", bad.value)
