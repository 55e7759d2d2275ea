--- Numbers in shared memory, typed as in C.
local core = require "_multiprocessing"
local arguments = require "multiprocessing.arguments"
local class = require "multiprocessing.class"
local synchronize = require "multiprocessing.synchronize"

local sharedctypes = {}

local function lock_from(lock)
  if lock == nil or lock == true then return synchronize.new_rlock() end
  if lock == false then return nil end
  if type(lock) ~= "table" or not lock._handle then core.fail("lock is an mp.Lock, an mp.RLock, true or false") end
  return lock
end

local function get_lock(self)
  if not self._lock then core.fail("it was made with lock = false and has none") end
  return self._lock
end

--- One number: `v.value`.
local Value = {}
sharedctypes.Value = Value

--- Adds to it as one step, and returns the sum; `v.value = v.value + 1` is two.
function Value:add(amount) return core.array_add(self._handle, 1, amount) end

--- Calls `f` with the lock held.
function Value:with(f, ...) return get_lock(self):with(f, ...) end

Value.get_lock = get_lock
class.seal(Value, "value", { value = function(self) return core.array_get(self._handle, 1) end })

function Value:__newindex(key, number)
  if key ~= "value" then core.fail("a shared value has the one field value") end
  core.array_set(self._handle, 1, number)
end

function Value:__tostring() return tostring(self.value) end

--- `mp.Value("i", 0)`: the letter of the type as in Python, and the number to begin with; `lock` as for `mp.Array`.
function sharedctypes.new_value(code, number, lock)
  local self = { _handle = core.array(code, 1), _lock = lock_from(lock) }
  if number then core.array_set(self._handle, 1, number) end
  return setmetatable(self, Value)
end

--- Many numbers, at places from 1: `a[i]`, `#a`.
local Array = {}
sharedctypes.Array = Array

--- Adds to the number at a place as one step, and returns the sum.
function Array:add(place, amount) return core.array_add(self._handle, place, amount) end

function Array:with(f, ...) return get_lock(self):with(f, ...) end

Array.get_lock = get_lock

--- The numbers from place `first` to `last` as a table.
function Array:totable(first, last)
  local numbers = {}
  for place = math.max(first or 1, 1), math.min(last or #self, #self) do numbers[#numbers + 1] = core.array_get(self._handle, place) end
  return numbers
end

class.seal(Array, "array")

function Array:__index(key)
  if math.type(key) == "integer" then return core.array_get(rawget(self, "_handle"), key) end
  return Array[key]
end

function Array:__newindex(key, number)
  if math.type(key) ~= "integer" then core.fail("an array's places are integers, not " .. arguments.shown(key)) end
  core.array_set(self._handle, key, number)
end

function Array:__len() return core.array_count(self._handle) end

function Array:__pairs() return ipairs(self) end

local function bytes_of(text)
  local bytes = {}
  for place = 1, #text do bytes[place] = text:byte(place) end
  return bytes
end

--- `mp.Array("d", n or list)`: zeros, or the numbers of the list, or for "c" the bytes of a string. `lock` is one to use,
--- or false for none.
function sharedctypes.new_array(code, numbers, lock)
  if type(numbers) == "string" then
    if code ~= "c" then core.fail('an array of a string\'s bytes is mp.Array("c", …)') end
    numbers = bytes_of(numbers)
  end
  local count = type(numbers) == "table" and #numbers or numbers
  local self = { _handle = core.array(code, count), _lock = lock_from(lock) }
  if type(numbers) == "table" then
    for place, number in ipairs(numbers) do core.array_set(self._handle, place, number) end
  end
  return setmetatable(self, Array)
end

return sharedctypes
