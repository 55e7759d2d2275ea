--- Numbers, booleans and bytes in shared memory, typed as in C.
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

--- Adds to it atomically, and returns the sum; `v.value = v.value + 1` is two steps.
function Value:add(amount) return core.array_add(self._handle, 1, amount) end

--- Calls `f` with the lock held.
function Value:with(f, ...) return get_lock(self):with(f, ...) end

Value.get_lock = get_lock
class.guard(Value, "value")
class.close(Value, "value", { value = function(self) return core.array_get(self._handle, 1) end }, {
  length = "value.value", values = "value.value", call = "value.value", get = "value.value", set = "value.value = 1",
})

function Value:__newindex(key, number)
  if key ~= "value" then core.fail("a shared value has the one field value") end
  core.array_set(self._handle, 1, number)
end

function Value:__tostring() return ("Value(%q, %s)"):format(self._code, tostring(self.value)) end

local function check_code(code, what, example)
  if type(code) ~= "string" then
    core.fail(("the first argument of %s is the letter of a type, not %s; write %s"):format(
      what, arguments.shown(code), example))
  end
end

--- `mp.Value("i", 0)`: the letter of the type as in Python, and the number to begin with; `lock` as for `mp.Array`.
function sharedctypes.new_value(code, number, lock)
  check_code(code, "mp.Value", 'mp.Value("i", 0)')
  local self = { _handle = core.array(code, 1), _code = code, _lock = lock_from(lock) }
  if number ~= nil then core.array_set(self._handle, 1, number) end
  return setmetatable(self, Value)
end

--- Many numbers, at places from 1: `a[i]`, `#a`.
local Array = {}
sharedctypes.Array = Array

--- Adds to the number at a place atomically, and returns the sum.
function Array:add(place, amount) return core.array_add(self._handle, place, amount) end

function Array:with(f, ...) return get_lock(self):with(f, ...) end

Array.get_lock = get_lock

--- The numbers from place `first` to `last` as a table.
function Array:totable(first, last)
  local numbers = {}
  for place = math.max(first or 1, 1), math.min(last or #self, #self) do numbers[#numbers + 1] = core.array_get(self._handle, place) end
  return numbers
end

class.guard(Array, "array")
class.close(Array, "array", nil, { call = "array[1]" })

local function fail_outside(self, key)
  if type(key) == "number" and math.tointeger(key) then
    core.fail(("place %d is outside the array, which has 1 to %d"):format(key, #self))
  end
  core.fail(("an array's places are integers from 1 to %d, not %s"):format(#self, arguments.shown(key)))
end

-- The fields of an array of bytes, as in Python: all bytes, and those before the first NUL.
local texts = {
  raw = function(bytes) return bytes end,
  value = function(bytes) return bytes:match "^[^\0]*" end,
}

function Array:__index(key)
  local place = type(key) == "number" and math.tointeger(key)
  if place then
    local number = core.array_get(rawget(self, "_handle"), place)
    if number == nil and place ~= #self + 1 then fail_outside(self, place) end -- the next one: where ipairs ends
    return number
  end
  if texts[key] and rawget(self, "_code") == "c" then return texts[key](core.array_bytes(rawget(self, "_handle"))) end
  local method = rawget(Array, key)
  if method == nil and not (type(key) == "string" and key:sub(1, 1) == "_") then fail_outside(self, key) end
  return method
end

function Array:__newindex(key, number)
  local place = type(key) == "number" and math.tointeger(key)
  if place then return core.array_set(self._handle, place, number) end
  if not (texts[key] and self._code == "c") then fail_outside(self, key) end
  if type(number) ~= "string" then core.fail(("%s of an array is a string, not a %s"):format(key, type(number))) end
  if #number > #self then
    core.fail(("the string has %d bytes, which are more than the array's %d"):format(#number, #self))
  end
  core.array_set_bytes(self._handle, key == "value" and #number < #self and number .. "\0" or number)
end

function Array:__len() return core.array_count(self._handle) end

function Array:__pairs() return ipairs(self) end

-- The most numbers that are shown.
local max_shown = 100

function Array:__tostring()
  local numbers = {}
  if self._code == "c" then
    numbers[1] = ("%q"):format(self.value)
  else
    for place, number in ipairs(self:totable(1, math.min(#self, max_shown))) do numbers[place] = tostring(number) end
    if #self > max_shown then numbers[#numbers + 1] = ("… %d more"):format(#self - max_shown) end
    numbers[1] = "{" .. table.concat(numbers, ", ") .. "}"
  end
  return ("Array(%q, %s)"):format(self._code, numbers[1])
end

--- `mp.Array("d", n or list)`: zeros, or the numbers of the list, or for "c" the bytes of a string. `lock` is one to use,
--- or false for none.
function sharedctypes.new_array(code, numbers, lock)
  check_code(code, "mp.Array", 'mp.Array("i", 10), or mp.Array("i", {1, 2, 3})')
  if type(numbers) == "string" and code ~= "c" then core.fail('an array of a string\'s bytes is mp.Array("c", …)') end
  local is_list = type(numbers) == "table" or type(numbers) == "string"
  local self = { _handle = core.array(code, is_list and #numbers or numbers), _code = code, _lock = lock_from(lock) }
  if type(numbers) == "string" then
    core.array_set_bytes(self._handle, numbers)
  elseif is_list then
    for place = 1, #numbers do core.array_set(self._handle, place, numbers[place]) end
  end
  return setmetatable(self, Array)
end

return sharedctypes
