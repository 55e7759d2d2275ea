-- One process writes into a queue, another one reads from it.
--
-- A queue carries copies: any process may put, any may get, and each value goes to exactly one of them, the oldest
-- first. `get` waits until there is something; put(value) waits only if the queue was made with a size and is full.
-- So the reader needs no loop that looks again and again, and the writer cannot run away from it by more than two
-- values.
--
-- The reader has to know when to stop: here it knows how many will come. The next lessons show better ways.

local mp = require "multiprocessing"

local function write(queue, lines)
  for _, line in ipairs(lines) do
    queue:put { text = line, length = #line }
  end
end

local function read(queue, count)
  for place = 1, count do
    local line = queue:get()
    print(("%d. %s (%d letters)"):format(place, line.text, line.length))
  end
end

local lines = { "alpha", "beta", "gamma", "delta" }
local queue = mp.Queue(2)
local writer, reader = mp.Process(write, queue, lines), mp.Process(read, queue, #lines)
writer:start()
reader:start()
writer:join()
reader:join()

-- What is expected to happen is not an error: it is nil and a word.
print("now it is empty:", queue:get(false))
