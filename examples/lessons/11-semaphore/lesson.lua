-- A semaphore lets some in, not all: here two at a time.
--
-- A lock is for one; a semaphore counts. Two places are free, acquire takes one and waits if there is none, release
-- gives one back. That is how to keep twenty workers from opening more than two connections. `local held <close>`
-- releases at the end of the block, whatever happens in it.
--
-- Without the semaphore all six would be inside together, and `most` would say so.

local mp = require "multiprocessing"

local two = mp.Semaphore(2)

-- Both places are taken: a third one is told so.
two:acquire()
two:acquire()
print("a third within a tenth of a second:", two:acquire(0.1))
two:release()
print("after one release:", two:acquire(0.1))
two:release(2)

local inside, most, lock = mp.Value("i", 0), mp.Value("i", 0), mp.Lock()

local function visit()
  local held <close> = two:hold()
  local now = inside:add(1)
  lock:with(function() most.value = math.max(most.value, now) end)
  pmap.sleep(0.02)
  inside:add(-1)
end

local visitors = {}
for place = 1, 6 do
  visitors[place] = mp.Process(visit)
  visitors[place]:start()
end
for _, visitor in ipairs(visitors) do visitor:join() end

print("never more than two of six were inside:", most.value <= 2)
print("and now there are", inside.value)
