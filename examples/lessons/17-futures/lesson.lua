-- Futures: results that are still to come, in the order in which they come.
--
-- executor:submit returns a future at once. as_completed gives futures as they are done, whichever that is: the quick
-- one here comes first although it was submitted last, because the slow one waits until the quick one has been seen.
-- Waiting for the first submitted one first would keep all results behind the slowest.
--
-- future:result() waits, and raises what the function raised; future:exception() returns it instead. At the end of
-- the block <close> waits for all.

local futures = require "concurrent.futures"
local mp = require "multiprocessing"

local quick_is_seen = mp.Event()

local function slow()
  quick_is_seen:wait()
  return "slow"
end

local function quick() return "quick" end

local function broken() error("this one fails", 0) end

local executor <close> = futures.ProcessPoolExecutor(2)
local submitted = { executor:submit(slow), executor:submit(quick) }
for future in futures.as_completed(submitted) do
  print("done: " .. future:result())
  quick_is_seen:set()
end

local failed = executor:submit(broken)
print("exception: " .. failed:exception())
print("result:", pcall(failed.result, failed))

for place, power in executor:map(function(x) return 2 ^ x end, { 8, 16, 32 }) do
  print(place, power)
end
