-- Hand out a call, go on, and be called back with what it came to.
--
-- pool:apply_async returns at once. When the result is there `callback` gets it, in this process, during some later
-- call into a module; if the function has failed, `error_callback` gets the error instead. Callbacks should be short:
-- while one runs, this process takes no other results. They may change variables of the script, for they do not run
-- in a worker.
--
-- result:get() waits, and raises what the function raised; result:wait() only waits.

local mp = require "multiprocessing"

local function root(x)
  if x < 0 then
    error("no root of " .. x, 0)
  end
  return math.sqrt(x)
end

local roots, failures = {}, {}
local pool <close> = mp.Pool(2)

local results = {}
for place, x in ipairs { 16, 25, -1, 36 } do
  results[place] = pool:apply_async(root, { x }, {
    callback = function(value) roots[#roots + 1] = value end,
    error_callback = function(failure) failures[#failures + 1] = failure end,
  })
end
print "four calls are out, and the script goes on"

for _, result in ipairs(results) do
  result:wait()
end
table.sort(roots) -- they came in any order
print("roots: " .. table.concat(roots, " "))
print("failure: " .. failures[1])
print("the third was successful:", results[3]:successful())
print("the fourth again:", results[4]:get())
