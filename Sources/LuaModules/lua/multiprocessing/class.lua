--- Classes whose methods say so when they are called with a dot.
local core = require "_multiprocessing"

local class = {}

-- Runs the callbacks that are due, at every call of a method.
local on_call = function() end
-- The process in which it runs: a fork of it is another one.
local running_in

--- From now on `f` is called before every method of a sealed class, but not while it runs itself.
function class.on_call(f) on_call = f end

--- Runs the callbacks that are due; false when it runs already.
local function run_callbacks()
  if running_in == core.getpid() then return false end
  running_in = core.getpid()
  local done, failure = pcall(on_call)
  running_in = nil
  if not done then error(failure, 0) end
  return true
end

core.on_results(run_callbacks)

class.run_callbacks = run_callbacks

--- A function that runs them before `f`.
function class.with_callbacks(f)
  return function(...)
    run_callbacks()
    return f(...)
  end
end

--- Makes a call of a method with a dot an error that says so; `before` runs at every call of a method, except for `release`,
--- at which no script expects it.
function class.guard(meta, noun, before)
  for name, method in pairs(meta) do
    if type(method) == "function" and name:sub(1, 1) ~= "_" then
      meta[name] = function(self, ...)
        if getmetatable(self) ~= meta then core.fail(("write %s:%s(…), with a colon"):format(noun, name)) end
        if before and name ~= "release" then before() end
        return method(self, ...)
      end
    end
  end
end

-- Whether a table's metatable has `f` for its `__index`, as a class has that inherits from another.
local function inherits(object, f)
  local meta = type(object) == "table" and getmetatable(object)
  return type(meta) == "table" and rawget(meta, "__index") == f
end

--- Makes a call of the module's functions with a colon an error that says so; `table` is the one they are called with, if not
--- this one. Inheriting from a function is one, too.
function class.module(module, name, table)
  for key, f in pairs(module) do
    if type(f) == "function" then
      local function checked(...)
        local first = ...
        if rawequal(first, table or module) then core.fail(("write %s.%s(…), with a dot"):format(name, key)) end
        if inherits(first, checked) then
          local text = "%s.%s is a function and no class to inherit from; call it, and keep the object in a field of yours"
          core.fail(text:format(name, key))
        end
        return f(...)
      end
      module[key] = checked
    end
  end
  return module
end

-- Each class as messages need it: `noun` is what they call an object of it, `fields` are the names of its fields, and `hints`
-- say what to write instead of others.
local known = {}

local function a(noun) return (noun:find "^[aeiou]" and "an " or "a ") .. noun end

local function shown(key) return type(key) == "string" and key or ("[%s]"):format(tostring(key)) end

local function advice(text) return text and "; write " .. text or "" end

local function missing(class, key)
  if type(key) == "string" and key:sub(1, 1) == "_" then return nil end
  local hints = class.hints
  if type(key) == "number" and hints.values then
    core.fail(("%s has no places%s"):format(a(class.noun), advice(hints.values)))
  end
  local instead = hints[key] and advice(hints[key]) or "; it has " .. table.concat(class.fields, ", ")
  core.fail(("%s has no field %s%s"):format(a(class.noun), shown(key), instead))
end

local function set(self, key, value)
  local class = known[getmetatable(self)]
  if type(key) == "string" and key:sub(1, 1) == "_" then return rawset(self, key, value) end
  core.fail(("%s has no field %s to set%s"):format(a(class.noun), shown(key), advice(class.hints[key])))
end

local function length(self)
  local class = known[getmetatable(self)]
  core.fail(("%s has no length%s"):format(a(class.noun), advice(class.hints.length)))
end

local function values(self)
  local class = known[getmetatable(self)]
  core.fail(("%s has no values to go through%s"):format(a(class.noun), advice(class.hints.values)))
end

local function call(self)
  local class = known[getmetatable(self)]
  core.fail(("%s cannot be called%s"):format(a(class.noun), advice(class.hints.values or class.hints.call)))
end

--- The noun of an object, if it is of one of these classes.
function class.noun(object)
  local class = known[getmetatable(object)]
  return class and class.noun
end

--- A hint of the object's class, if it has one of this name.
function class.hint(object, name)
  local class = known[getmetatable(object)]
  return class and class.hints[name]
end

--- Whether calling an object of this class is an error.
function class.forbids_call(meta) return rawequal(meta.__call, call) end

--- Makes what cannot be done with objects of a class an error: `fields` are the names of their fields, and `hints` say what to
--- write for some others, for `length`, `values` (in a loop) and `call`.
function class.refuse(meta, noun, fields, hints)
  table.sort(fields)
  known[meta] = { noun = noun, fields = fields, hints = hints or {} }
  meta.__name = noun
  for name, method in pairs { __newindex = set, __len = length, __pairs = values, __call = call } do
    if rawget(meta, name) == nil then meta[name] = method end
  end
end

--- Objects of the class stay in their process: where one is to be sent, the error says what it is and what to do instead. No
--- module has the class as a member, by whose name they would be sent.
function class.keep(meta, kind, advice) meta.__kind, meta.__advice = kind, advice end

--- Ends the definition of a class: `noun` is what messages call an object of it. The fields in `properties` are functions of
--- the object, read without a call; others are errors, unless they begin with "_".
function class.seal(meta, noun, properties, hints)
  class.guard(meta, noun, run_callbacks)
  class.close(meta, noun, properties, hints)
end

--- The same for methods that run no callbacks.
function class.close(meta, noun, properties, hints)
  local fields = {}
  for _, names in ipairs { meta, properties or {} } do
    for name in pairs(names) do
      if name:sub(1, 1) ~= "_" then fields[#fields + 1] = name end
    end
  end
  class.refuse(meta, noun, fields, hints)
  setmetatable(meta, { __index = function(_, key) return missing(known[meta], key) end })
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
