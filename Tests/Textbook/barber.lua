-- The sleeping barber: there are three chairs to wait on; who finds none comes again. Barber and customer are done together.
local mp = require "multiprocessing"

local chairs, total = 3, 10
local customers, mutex, cut, having = mp.Value("i", 0, false), mp.Semaphore(1), mp.Value("i", 0, false), mp.Value("i", 0)
local customer, barber = mp.Semaphore(0), mp.Semaphore(0)
local customer_done, barber_done = mp.Semaphore(0), mp.Semaphore(0)
local served, crowded = mp.Value("i", 0), mp.Value("i", 0, false)

--- False when all chairs were taken.
local function visit()
  mutex:acquire()
  if customers.value == chairs + 1 then
    mutex:release()
    return false
  end
  customers.value = customers.value + 1
  if customers.value > chairs + 1 then crowded.value = crowded.value + 1 end
  mutex:release()
  customer:release()
  barber:acquire()
  having:add(1)
  customer_done:release()
  barber_done:acquire()
  mutex:acquire()
  customers.value = customers.value - 1
  mutex:release()
  served:add(1)
  return true
end

local function work()
  for _ = 1, total do
    customer:acquire()
    barber:release()
    cut.value = cut.value + 1
    customer_done:acquire()
    barber_done:release()
  end
end

local processes = { mp.Process(work) }
for number = 1, total do
  processes[number + 1] = mp.Process(function()
    while not visit() do pmap.sleep(0.001) end
  end)
end
for _, process in ipairs(processes) do process:start() end
for _, process in ipairs(processes) do process:join() end
print("haircuts", cut.value)
print("had", having.value)
print("served", served.value)
print("too many in the shop", crowded.value)
