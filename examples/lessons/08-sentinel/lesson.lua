-- The last value says that it is the last: a nil for each reader.
--
-- queue:iter() gives the values up to a nil. Each value goes to one reader only, the nil too, so that three readers
-- need three of them; with a single one two readers would wait for ever. (They would not here: pmap sees that nobody
-- is left who could put, and ends the program with a message.) queue:close() is the other way: after it, every reader
-- ends when the queue is empty.
--
-- The nils go in last, and a queue keeps its order, so nothing is left behind them.

local mp = require "multiprocessing"

local function add_up(queue)
  local count, sum = 0, 0
  for number in queue:iter() do
    count, sum = count + 1, sum + number
  end
  return count, sum
end

local function run(finish)
  local queue, readers = mp.Queue(), {}
  for place = 1, 3 do
    readers[place] = mp.Process(add_up, queue)
    readers[place]:start()
  end
  for number = 1, 1000 do
    queue:put(number)
  end
  finish(queue)
  local count, sum = 0, 0
  for _, reader in ipairs(readers) do
    local its_count, its_sum = reader:result()
    count, sum = count + its_count, sum + its_sum
  end
  print(count .. " numbers, which add up to " .. sum)
end

run(function(queue)
  for _ = 1, 3 do queue:put(nil) end
end)
run(function(queue) queue:close() end)
