-- Wait until the work is done, not until the workers are gone.
--
-- queue:join() returns when every value that was put has been got and declared done with task_done. The workers can
-- run for ever: they are daemons, which the end of the script ends. An empty queue would not do as a sign: it is
-- empty as soon as the last value has been taken, when the work on it has only begun.
--
-- A worker that ends, or is killed, between get and task_done does not block the join: what it had counts as done.

local mp = require "multiprocessing"

local tasks, squares = mp.JoinableQueue(), mp.Queue()

local function work()
  while true do
    local number = tasks:get()
    squares:put(number * number)
    tasks:task_done()
  end
end

for _ = 1, 3 do
  mp.Process({ target = work, daemon = true }):start()
end
for number = 1, 10 do
  tasks:put(number)
end
tasks:join()

-- All ten are done, so all ten squares are in the queue, in the order in which the workers were ready.
local sorted = {}
for place = 1, squares:qsize() do
  sorted[place] = squares:get()
end
table.sort(sorted)
print(table.concat(sorted, " "))
