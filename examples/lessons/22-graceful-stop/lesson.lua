-- Stop in three steps: ask, wait a little, end it.
--
-- A worker that looks at a stop event between two tasks finishes what it has begun, and leaves in good order: its
-- exit code is 0, and what it did not do is still in the queue. One that does not listen is given a moment (join with
-- a timeout), and then SIGTERM by :terminate(); its exit code is the signal, negative. Ending everybody by terminate
-- at once would be quicker, and cut tasks off in the middle.

local mp = require "multiprocessing"

local stop, tasks, done, deaf_is_ready = mp.Event(), mp.Queue(), mp.Value("i", 0), mp.Event()

local function polite()
  for task in tasks:iter() do
    pmap.sleep(task) -- a task: never left half done
    done:add(1)
    if stop:is_set() then return end
  end
end

local function deaf()
  deaf_is_ready:set()
  while true do end
end

for _ = 1, 1000 do
  tasks:put(0.01)
end
local workers = {
  mp.Process { target = polite, name = "polite" },
  mp.Process { target = deaf, name = "deaf" },
}
for _, worker in ipairs(workers) do worker:start() end
deaf_is_ready:wait()

stop:set()
for _, worker in ipairs(workers) do
  if not worker:join(1) then
    print(worker.name .. " does not listen")
    worker:terminate()
    worker:join()
  end
  print(worker.name .. " ended with exit code " .. worker.exitcode)
end
print("begun tasks are done, others wait:", done.value >= 1, done.value + tasks:qsize() == 1000)
