-- Dining philosophers: a footman lets four of the five sit down.
local mp = require "multiprocessing"

local count, meals_each = 5, 8
local footman, forks, in_use, meals = mp.Semaphore(count - 1), {}, mp.Array("i", count, false), mp.Array("i", count, false)
local shared = mp.Value("i", 0)
for fork = 1, count do forks[fork] = mp.Semaphore(1) end

local function take(fork)
  forks[fork]:acquire()
  in_use[fork] = in_use[fork] + 1
  if in_use[fork] ~= 1 then shared:add(1) end
end

local function put(fork)
  in_use[fork] = in_use[fork] - 1
  forks[fork]:release()
end

local function dine(seat)
  local right, left = seat, seat % count + 1
  for _ = 1, meals_each do
    footman:acquire()
    take(right)
    take(left)
    meals[seat] = meals[seat] + 1
    put(right)
    put(left)
    footman:release()
  end
end

local processes = {}
for seat = 1, count do
  processes[seat] = mp.Process(dine, seat)
  processes[seat]:start()
end
for _, process in ipairs(processes) do process:join() end
for seat = 1, count do print("philosopher " .. seat, meals[seat]) end
print("forks of two at once", shared.value)
