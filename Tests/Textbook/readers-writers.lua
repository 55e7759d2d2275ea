-- Readers and writers, with a lightswitch: the first reader takes the room, the last one gives it back, whoever that is.
-- Once with readers before writers, once with a turnstile that lets no writer starve; the room is a semaphore or a lock.
local mp = require "multiprocessing"

local function run(name, room, turnstile)
  local mutex, readers = mp.Semaphore(1), mp.Value("i", 0, false)
  local writing, disturbed = mp.Value("i", 0, false), mp.Value("i", 0)
  local reads, writes = mp.Value("i", 0), mp.Value("i", 0, false)

  local function read()
    if turnstile then
      turnstile:acquire()
      turnstile:release()
    end
    mutex:acquire()
    readers.value = readers.value + 1
    if readers.value == 1 then room:acquire() end
    mutex:release()
    reads:add(1)
    if writing.value ~= 0 then disturbed:add(1) end
    mutex:acquire()
    readers.value = readers.value - 1
    if readers.value == 0 then room:release() end
    mutex:release()
  end

  local function write()
    if turnstile then turnstile:acquire() end
    room:acquire()
    writing.value = writing.value + 1
    if writing.value ~= 1 then disturbed:add(1) end
    writes.value = writes.value + 1
    writing.value = writing.value - 1
    if turnstile then turnstile:release() end
    room:release()
  end

  local processes = {}
  for number = 1, 9 do
    processes[number] = mp.Process(function()
      for _ = 1, 4 do (number % 3 == 0 and write or read)() end
    end)
    processes[number]:start()
  end
  for _, process in ipairs(processes) do process:join() end
  print(name, reads.value, writes.value, disturbed.value)
end

print("way", "reads", "writes", "disturbed")
run("semaphore", mp.Semaphore(1))
run("lock", mp.Lock())
run("semaphore, turnstile", mp.Semaphore(1), mp.Semaphore(1))
run("lock, turnstile", mp.Lock(), mp.Lock())
