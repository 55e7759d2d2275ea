-- Lost updates, and the lock that prevents them.
--
-- count.value = count.value + 1 is two steps: read, then write. If another process writes in between, its update is
-- lost. First this is made to happen: both processes read 0, meet, and both write 1. Then it is left to chance: four
-- processes count to 10000 each, and what comes out is never more than 40000, and mostly less. With a lock around the
-- two steps it is 40000, always.
--
-- lock:with(f) releases the lock also when f fails; a holder that dies gives it back as well.

local mp = require "multiprocessing"

local count, lock, both_have_read = mp.Value("i", 0), mp.Lock(), mp.Barrier(2)

local function run(processes, f)
  count.value = 0
  local running = {}
  for place = 1, processes do
    running[place] = mp.Process(f)
    running[place]:start()
  end
  for _, process in ipairs(running) do process:join() end
  return count.value
end

print("two processes added 1, and the count is", run(2, function()
  local seen = count.value
  both_have_read:wait()
  count.value = seen + 1
end))

local total = run(4, function()
  for _ = 1, 10000 do count.value = count.value + 1 end
end)
print("without a lock the count is at most 40000:", total <= 40000)

print("with a lock the count is", run(4, function()
  for _ = 1, 10000 do
    lock:with(function() count.value = count.value + 1 end)
  end
end))

print("and with count:add(1), which is one step, it is", run(4, function()
  for _ = 1, 10000 do count:add(1) end
end))
