-- A pipeline: one process reads, three work, one writes.
--
-- The stages run at the same time, joined by queues of a small size. If the writer is slow its queue fills, the
-- workers wait at `put`, then the reader does: nobody piles up more in memory than the queues hold, however long the
-- input is. The three workers finish out of order, so every value carries its number, and the writer holds back what
-- is too early.
--
-- The end travels down the pipeline: the reader closes the first queue, a worker ends when it is empty, and when all
-- of them have ended the second queue is closed.

local mp = require "multiprocessing"

local text = [[
shall i compare thee to a summer's day
thou art more lovely and more temperate
rough winds do shake the darling buds of may
and summer's lease hath all too short a date
sometime too hot the eye of heaven shines]]

local lines, capitals = mp.Queue(4), mp.Queue(4)

local function read()
  local number = 0
  for line in text:gmatch "[^\n]+" do
    number = number + 1
    lines:put { number = number, text = line }
  end
  lines:close()
end

local function work()
  for line in lines:iter() do
    line.text = line.text:gsub("^%a", string.upper)
    capitals:put(line)
  end
end

local function write()
  local early, number = {}, 1
  for line in capitals:iter() do
    early[line.number] = line.text
    while early[number] do
      print(number .. " " .. early[number])
      early[number] = nil
      number = number + 1
    end
  end
end

local reader, writer = mp.Process(read), mp.Process(write)
local workers = { mp.Process(work), mp.Process(work), mp.Process(work) }
writer:start()
for _, worker in ipairs(workers) do worker:start() end
reader:start()

for _, worker in ipairs(workers) do worker:join() end
capitals:close()
writer:join()
