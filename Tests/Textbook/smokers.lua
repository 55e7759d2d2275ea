-- Cigarette smokers: three agents put two things each on the table, pushers find out whom they are for.
local mp = require "multiprocessing"

local rounds = 6
local names = { "tobacco", "paper", "match" }
local agent, mutex, put, for_smoker, on_table = mp.Semaphore(1), mp.Semaphore(1), {}, {}, mp.Array("i", 3, false)
local smoked = mp.Array("i", 3, false)
for thing = 1, 3 do put[thing], for_smoker[thing] = mp.Semaphore(0), mp.Semaphore(0) end

local function others(thing) return thing % 3 + 1, (thing + 1) % 3 + 1 end

--- Puts all but one thing on the table.
local function be_agent(missing)
  local first, second = others(missing)
  for _ = 1, rounds do
    agent:acquire()
    put[first]:release()
    put[second]:release()
  end
end

local function push(thing)
  local first, second = others(thing)
  for _ = 1, 2 * rounds do
    put[thing]:acquire()
    mutex:acquire()
    if on_table[first] > 0 then
      on_table[first] = on_table[first] - 1
      for_smoker[second]:release()
    elseif on_table[second] > 0 then
      on_table[second] = on_table[second] - 1
      for_smoker[first]:release()
    else
      on_table[thing] = on_table[thing] + 1
    end
    mutex:release()
  end
end

local function smoke(own)
  for _ = 1, rounds do
    for_smoker[own]:acquire()
    smoked[own] = smoked[own] + 1
    agent:release()
  end
end

local processes = {}
for thing = 1, 3 do
  for _, role in ipairs { be_agent, push, smoke } do
    processes[#processes + 1] = mp.Process(role, thing)
    processes[#processes]:start()
  end
end
for _, process in ipairs(processes) do process:join() end
for thing, name in ipairs(names) do print("has " .. name, smoked[thing], on_table[thing]) end
