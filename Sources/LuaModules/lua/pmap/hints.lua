--- Hints for errors of Lua's own: what to write instead, where that is known, stands behind the message.
local class = require "multiprocessing.class"

local hints = {}

-- Functions that Python has elsewhere, by the name of the field or the global that is nil here.
local fields = {
  cpu_count = "mp.cpu_count()", fork = "mp.fork()", getpid = "mp.getpid()", getppid = "mp.getppid()",
  listdir = 'require "lfs".dir(path)', system = "os.execute(command)", waitpid = "process:join()", _exit = "os.exit(status)",
}
local globals = {
  exit = "os.exit(status)", input = "io.read()", int = "math.tointeger(number)", len = "#list", open = "io.open(path)",
  range = "pmap.range(first, last)", sleep = "pmap.sleep(seconds)", str = "tostring(value)",
}
local modules = {
  sys = "arg, io.stdout and os.exit(status)", time = "os.time(), os.clock() and pmap.sleep(seconds)",
  signal = "process:terminate() and process:kill()", random = "math.random()", threading = "mp.Process",
  mp = 'local mp = require "multiprocessing"', np = "mp.Array",
}
for _, name in ipairs { "logging", "multiprocessing", "subprocess" } do
  modules[name] = ('local %s = require "%s"'):format(name, name)
end
for _, name in ipairs {
  "Process", "Pool", "Queue", "Lock", "RLock", "Semaphore", "Event", "Condition", "Barrier", "Value", "Array", "Pipe", "Manager",
} do
  globals[name] = ('local %s = require "multiprocessing".%s'):format(name, name)
end
globals.ProcessPoolExecutor = 'local ProcessPoolExecutor = require "concurrent.futures".ProcessPoolExecutor'

-- The value of a local variable at a level of the stack; the innermost one of that name.
local function local_value(level, wanted)
  local found
  for place = 1, math.huge do
    local name, value = debug.getlocal(level, place)
    if not name then return found end
    if name == wanted then found = value end
  end
end

-- Whether a function at a level of the stack has a manager's dict, whose keys are all data.
local function has_dict(level)
  local f = debug.getinfo(level, "f").func
  for place = 1, 250 do
    local name, value = debug.getlocal(level, place)
    local _, upvalue = debug.getupvalue(f, place)
    if class.noun(value) == "dict" or class.noun(upvalue) == "dict" then return true end
    if not name and place > debug.getinfo(f, "u").nups then return false end
  end
end

local methods = { clear = true, get = true, items = true, keys = true, pop = true, setdefault = true, update = true, values = true }

local function instead_of(message, level)
  local name = message:match "variable '([^']+)' got a non%-closable value$"
  if name then return class.hint(local_value(level + 1, name), "closing") end
  name = message:match "attempt to call a nil value %(field '([^']+)'%)$"
  if name then return fields[name] end
  name = message:match "attempt to call a nil value %(global '([^']+)'%)$"
  if name then return globals[name] end
  name = message:match "attempt to index a nil value %(global '([^']+)'%)$"
  if name then return modules[name] end
  name = message:match "attempt to call a nil value %(method '([^']+)'%)$"
  return methods[name] and has_dict(level + 1) and "dict.key, pairs(dict), or mp.update(dict, key, f): a dict has no methods"
end

--- The message with what to write; `level` is that of the function that has raised it, as for debug.getlocal.
function hints.add(message, level)
  if not message:find("attempt to ", 1, true) and not message:find("closable", 1, true) then return message end
  local text = instead_of(message, level + 1)
  return text and message .. "; write " .. text or message
end

return hints
