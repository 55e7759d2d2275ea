-- Nobody starts before everybody is ready: a barrier.
--
-- barrier:wait() blocks until as many have come as the barrier was made for, and lets all of them go together. The
-- runners need different times to get ready, and still no start comes before the last ready. One of them gets 0 from
-- wait, and only one: it fires the pistol, so to say.
--
-- If a party dies or gives up the barrier is broken, and the others get nil and "broken" instead of waiting for ever.

local mp = require "multiprocessing"

local barrier, events = mp.Barrier(3), mp.Queue()

local function run(lane)
  pmap.sleep(lane * 0.03)
  events:put "ready"
  local place = barrier:wait()
  events:put "start"
  return place
end

local runners, places = {}, {}
for lane = 1, 3 do
  runners[lane] = mp.Process(run, lane)
  runners[lane]:start()
end
for lane, runner in ipairs(runners) do
  places[lane] = runner:result()
end

for _ = 1, 6 do
  print(events:get())
end
table.sort(places)
print("each had a place of its own: " .. table.concat(places, " "))

-- A runner who never comes: the one who waits gives up, and says so to all who come later.
print("alone:", barrier:wait(0.05))
print("and now:", barrier:wait())
