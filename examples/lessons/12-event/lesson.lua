-- A flag that stops a worker: an event.
--
-- An event is unset until somebody sets it; all processes see that at once. stop:wait(0.01) sleeps for a hundredth of
-- a second and returns nil, or returns true as soon as the event is set: a worker that waits so between two rounds
-- stops when it is told to, at a place where nothing is half done. Killing it could leave a file half written.
--
-- The same event stops any number of workers; `started` is an event too, which the script itself waits for.

local mp = require "multiprocessing"

local started, stop = mp.Event(), mp.Event()

local function watch()
  local rounds = 0
  repeat
    rounds = rounds + 1
    started:set()
  until stop:wait(0.01)
  return rounds
end

local workers = { mp.Process(watch), mp.Process(watch) }
for _, worker in ipairs(workers) do worker:start() end

started:wait()
print("a worker has begun, and stop is set:", stop:is_set())
pmap.sleep(0.1)

stop:set()
for _, worker in ipairs(workers) do
  print("a worker went round at least once and stopped:", worker:result() >= 1)
end
