--- The functions of the table `pmap` that are written in Lua; loaded when a script first uses one of them.
local core = require "_multiprocessing"
local arguments = require "multiprocessing.arguments"
local class = require "multiprocessing.class"

local functions = {}

--- Seconds since some moment, unmoved by changes of the date.
functions.clock = core.clock

--- Sleeps so many seconds, or fractions of one.
function functions.sleep(seconds)
  if type(seconds) ~= "number" then core.fail("sleep takes a number of seconds, not a " .. type(seconds)) end
  if seconds ~= seconds then core.fail "sleep takes a number of seconds, not nan" end
  local deadline = core.clock() + seconds
  -- Each pause ends with a signal, which may ask for an error in the script.
  class.run_callbacks()
  while core.clock() < deadline do
    core.pause(deadline - core.clock())
    class.run_callbacks()
  end
end

--- Runs a program without a shell; what it writes, without the last newline: `pmap.sh{"git", "rev-parse", "HEAD"}`.
function functions.sh(cmd)
  local subprocess = require "subprocess"
  if type(cmd) == "string" then
    core.fail([[write the words: pmap.sh{"ls", "-l"}; a line for the shell is pmap.sh{"sh", "-c", line}]])
  end
  local result = subprocess.run(cmd, { capture_output = true, check = true })
  return (result.stdout:gsub("\n$", ""))
end

--- The results of `f(item)` for each item, in order, or what `options.reduce` makes of them, by processes that live for this call: a pool made, used and closed.
function functions.map(f, items, options)
  options = options or {}
  arguments.check_options(options, { "processes", "chunksize", "reduce", "by_key" }, "pmap.map")
  local reduce, by_key = options.reduce, options.by_key
  if by_key ~= nil and type(by_key) ~= "boolean" then core.fail("by_key is true or false, not a " .. type(by_key)) end
  local pool <close> = require("multiprocessing").Pool(options.processes)
  if reduce == nil and not by_key then return pool:map(f, items, options.chunksize) end
  local reducers = require "pmap.reducers"
  if type(reduce) == "string" then
    reduce = reducers.named(reduce)
      or core.fail(("reduce = %q: write the name of a reducer, or function(a, b) return … end"):format(reduce))
  end
  local join = reducers.joining(reduce, by_key)
  if by_key then
    arguments.check_function(f, "the function of a map")
    f = reducers.keyed(f, reduce)
  end
  return join(pool:map(f, items, options.chunksize))
end

--- Numbers from `first` to `last`, as `for` has them but without the errors of added floats, that take no room: `for i in pmap.range(1, 10) do`.
local Range = { __name = "range" }
functions.Range = Range

--- `pmap.range(last)`, `pmap.range(first, last)` or `pmap.range(first, last, step)`.
function functions.range(first, last, step)
  if first == nil then core.fail "a range has an end: pmap.range(last) or pmap.range(first, last, step)" end
  if last == nil then first, last = 1, first end
  step = step or 1
  for _, number in ipairs { first, last, step } do
    if type(number) ~= "number" then core.fail("pmap.range takes numbers, not a " .. type(number)) end
    if number ~= number then core.fail "pmap.range takes numbers, not nan" end
  end
  if step == 0 then core.fail "the step of a range is not 0" end
  if math.type(first) ~= "integer" or math.type(step) ~= "integer" then first, step = first + 0.0, step + 0.0 end
  local range = setmetatable({ first = first, last = last, step = step }, Range)
  if #range < 0 then core.fail "the ends of a range are less than 2^63 apart" end
  return range
end

function Range:__pairs() return ipairs(self) end

-- How many whole steps it is from the first number to this one, which may be a float that is `slack` of a step short.
local function steps(self, number, slack)
  if math.type(number) == "integer" and math.type(self.first) == "integer" then
    return (number - self.first) // self.step
  end
  return math.floor((number - self.first) / self.step + slack)
end

-- A length that does not fit into 64 bits is less than 0.
function Range:__len()
  if self.step > 0 and self.last < self.first or self.step < 0 and self.last > self.first then return 0 end
  local count = steps(self, self.last, 0) + 1
  return count > 0 and count or -1
end

function Range:__index(place)
  if math.type(place) ~= "integer" or place < 1 or place > #self then return nil end
  return self.first + (place - 1) * self.step
end

-- Called by a generic `for`, with the value before.
function Range:__call(_, before)
  return self[before == nil and 1 or steps(self, before, 0.5) + 2]
end

function Range.__eq(a, b) return a.first == b.first and a.last == b.last and a.step == b.step end
function Range:__tostring() return ("range(%s, %s, %s)"):format(self.first, self.last, self.step) end

-- Ready reducers.
local reducers = require "pmap.reducers"
for _, name in ipairs(reducers.ready) do functions[name] = reducers[name] end

-- They are called with the script's table, not with this one.
return class.module(functions, "pmap", package.loaded.pmap)
