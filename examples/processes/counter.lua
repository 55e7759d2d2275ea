-- Three processes take numbers from one queue and add them to one sum.
local mp = require "multiprocessing"

local queue, lock, total = mp.Queue(), mp.Lock(), mp.Value("i", 0)
local processes = {}
for number = 1, 3 do
  processes[number] = mp.Process(function()
    for item in queue:iter() do
      lock:with(function() total.value = total.value + item end)
    end
  end)
  processes[number]:start()
end
for item = 1, 100 do queue:put(item) end
queue:close()
for _, process in ipairs(processes) do process:join() end
print(total.value)
