--- Classes whose methods say so when they are called with a dot.
local core = require "_multiprocessing"

local class = {}

-- What runs at every call of a method: callbacks whose time has come.
local pump = function() end
-- The process in which it runs: a fork of it is another one.
local pumping

--- From now on `f` is called before every method of a sealed class, but not while it runs itself.
function class.on_call(f) pump = f end

--- False when it runs already.
local function pumped()
  if pumping == core.getpid() then return false end
  pumping = core.getpid()
  local done, failure = pcall(pump)
  pumping = nil
  if not done then error(failure, 0) end
  return true
end

core.on_results(pumped)

local function checked(meta, noun, name, method)
  return function(self, ...)
    if getmetatable(self) ~= meta then core.fail(("write %s:%s(…), with a colon"):format(noun, name)) end
    pumped()
    return method(self, ...)
  end
end

--- Ends the definition of a class: `noun` is what messages call an object of it. Fields that are in `properties` are
--- functions of the object, read without a call.
function class.seal(meta, noun, properties)
  local methods = {}
  for name, value in pairs(meta) do
    if type(value) == "function" and name:sub(1, 1) ~= "_" then methods[name] = checked(meta, noun, name, value) end
  end
  for name, method in pairs(methods) do meta[name] = method end
  meta.__name = noun
  if not properties then
    meta.__index = meta
    return
  end
  function meta.__index(self, key)
    local property = properties[key]
    if property then return property(self) end
    return meta[key]
  end
end

return class
