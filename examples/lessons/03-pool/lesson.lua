-- Five tasks, four workers: the fifth waits until one of them is free.
--
-- A pool has a fixed number of processes, which take one task after the other; that is what keeps ten thousand tasks
-- from becoming ten thousand processes. Here every task says when it starts and then waits for its permission to end,
-- so that it can be seen who runs: four tasks, and never five. Task 2 is let go, and only now the fifth one starts.
--
-- <close> ends the pool with its block, also when an error leaves the block.

local mp = require "multiprocessing"

local started = mp.Queue()
local may_end = {}
for task = 1, 5 do
  may_end[task] = mp.Event()
end

local function work(task)
  started:put(task)
  may_end[task]:wait()
  return task * task
end

local pool <close> = mp.Pool(4)
local result = pool:map_async(work, { 1, 2, 3, 4, 5 }, 1)

local running = {}
for place = 1, 4 do
  running[place] = started:get()
end
table.sort(running)
print("these run: " .. table.concat(running, " "))
print("a fifth one within a tenth of a second:", started:get(0.1))

may_end[2]:set()
print("task 2 may end, and there starts task", started:get())

for task = 1, 5 do
  may_end[task]:set()
end
print("the results, in the order of the tasks: " .. table.concat(result:get(), " "))
