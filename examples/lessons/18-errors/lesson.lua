-- What a worker raises is raised again where its result is asked for.
--
-- The error is an object: it prints as its message, and keeps the traceback of where it was raised, in the worker.
-- One bad item does not take the others along: map runs them all and then raises the first failure in the order of
-- the items, with `index`, the other `results` and all `errors`. Without pcall the script would end here, with the
-- traceback.
--
-- A Process says on standard error what it died of, and ends with exit code 1; its result() raises the error too.

local mp = require "multiprocessing"

local prices = { apple = 3, pear = 4 }

local function price(name)
  return prices[name] * 2
end

local pool <close> = mp.Pool(2)
local done, failure = pcall(pool.map, pool, price, { "apple", "plum", "pear", "fig" })

print("done:", done)
print("kind:", failure.kind)
print("item:", failure.index)
print("message:", failure.message)
print("traceback:", failure.traceback:match "lesson.lua:%d+: in [^\n]+")
print("the others:", failure.results[1], failure.results[3])
for _, place in ipairs { 2, 4 } do
  print("failed:", place, failure.errors[place].kind)
end

-- What was raised need not be a string: `value` is it.
local _, refused = pcall(pool.apply, pool, function() error { code = 404 } end)
print("code:", refused.value.code)

local process = mp.Process { target = function() error("the disk is full", 0) end, name = "writer" }
process:start()
process:join()
print("exit code:", process.exitcode)
print("result:", pcall(process.result, process))
