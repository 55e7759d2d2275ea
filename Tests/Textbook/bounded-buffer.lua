-- Producers and consumers with a buffer of three places. A producer ends long before what it has produced is consumed.
local mp = require "multiprocessing"

local size, producers, consumers, each = 3, 4, 2, 30
local buffer, front, back = mp.Array("i", size, false), mp.Value("i", 0, false), mp.Value("i", 0, false)
local mutex, items, spaces = mp.Semaphore(1), mp.Semaphore(0), mp.Semaphore(size)
local sum, overwritten = mp.Value("i", 0, false), mp.Value("i", 0, false)

local function produce(number)
  for event = 1, each do
    spaces:acquire()
    mutex:acquire()
    local place = back.value % size + 1
    if buffer[place] ~= 0 then overwritten.value = overwritten.value + 1 end
    buffer[place] = number * each + event
    back.value = back.value + 1
    mutex:release()
    items:release()
  end
end

local function consume()
  for _ = 1, producers * each // consumers do
    items:acquire()
    mutex:acquire()
    local place = front.value % size + 1
    sum.value = sum.value + buffer[place]
    buffer[place] = 0
    front.value = front.value + 1
    mutex:release()
    spaces:release()
  end
end

local processes = {}
for number = 1, producers do processes[#processes + 1] = mp.Process(produce, number) end
for _ = 1, consumers do processes[#processes + 1] = mp.Process(consume) end
for _, process in ipairs(processes) do process:start() end
for _, process in ipairs(processes) do process:join() end
print("consumed", front.value)
print("sum", sum.value)
print("overwritten", overwritten.value)
