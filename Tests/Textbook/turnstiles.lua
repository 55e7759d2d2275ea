-- A barrier of two turnstiles, for as many rounds as one likes: the last one in opens the one, the last one out the other.
local mp = require "multiprocessing"

local count, rounds = 4, 10
local mutex, inside = mp.Semaphore(1), mp.Value("i", 0, false)
local entrance, exit = mp.Semaphore(0), mp.Semaphore(1)
local at, ahead = mp.Array("i", count, false), mp.Value("i", 0)

local function meet(own)
  for round = 1, rounds do
    at[own] = round
    mutex:acquire()
    inside.value = inside.value + 1
    if inside.value == count then
      exit:acquire()
      entrance:release()
    end
    mutex:release()
    entrance:acquire()
    entrance:release()
    for each = 1, count do
      if at[each] ~= round then ahead:add(1) end
    end
    mutex:acquire()
    inside.value = inside.value - 1
    if inside.value == 0 then
      entrance:acquire()
      exit:release()
    end
    mutex:release()
    exit:acquire()
    exit:release()
  end
end

local processes = {}
for number = 1, count do
  processes[number] = mp.Process(meet, number)
  processes[number]:start()
end
for _, process in ipairs(processes) do process:join() end
print("rounds", table.concat(at:totable(), " "))
print("ahead of the others", ahead.value)
