--- Named cases: `pmap run FILE CASE` runs one, `pmap run FILE` names them all. A case that returns has passed, if it has
--- left no descriptor open. Lines in front of it that begin with `--!` say what else is expected of its process.
local core = require "_multiprocessing"
local mp = require "multiprocessing"

local names = {}
local cases = setmetatable({}, {
  __newindex = function(self, name, case)
    names[#names + 1] = name
    rawset(self, name, case)
  end,
})

local expect = { cases = cases, sleep = core.sleep, clock = core.clock }

--- Checks that the values are equal, tables by their contents.
function expect.equal(got, wanted, path)
  path = path or "value"
  if rawequal(got, wanted) then return end
  if type(got) ~= "table" or type(wanted) ~= "table" then
    if got ~= wanted or math.type(got) ~= math.type(wanted) then
      error(("%s is %s, not %s"):format(path, tostring(got):sub(1, 200), tostring(wanted):sub(1, 200)), 2)
    end
    return
  end
  for key, each in pairs(wanted) do expect.equal(got[key], each, path .. "." .. tostring(key)) end
  for key in pairs(got) do
    if wanted[key] == nil and not (key == "n" and #got == got.n) then error(path .. "." .. tostring(key) .. " is too much", 2) end
  end
end

--- The error that `f(…)` raises, whose text has `part` in it.
function expect.raises(part, f, ...)
  local returned, failure = pcall(f, ...)
  if returned then error("no error: " .. part, 2) end
  if not tostring(failure):find(part, 1, true) then error(("not the error %q: %s"):format(part, failure), 2) end
  return failure
end

--- Starts a process that runs `f(…)`.
function expect.start(f, ...)
  local process = mp.Process(f, ...)
  process:start()
  return process
end

--- The results of `f(…)` in another process.
function expect.ended(f, ...)
  local process = expect.start(f, ...)
  process:join()
  expect.equal(process.exitcode, 0)
  return process:result()
end

--- The list 1, 2, … `count`.
function expect.upto(count)
  local list = {}
  for place = 1, count do list[place] = place end
  return list
end

--- Returns when `f()` is true.
function expect.soon(f)
  for _ = 1, 25000 do
    if f() then return end
    core.sleep(0.001)
  end
  error("it did not happen within 25 s: " .. debug.traceback("", 2))
end

--- The state of a process, such as "S", and how often it has been switched out; nothing when it is gone. It may be a number.
local function state(process)
  local file <close> = io.open(("/proc/%d/status"):format(type(process) == "table" and process.pid or process))
  if file then return file:read "a":match "State:%s(%a).*(voluntary_ctxt_switches.*)" end
end

--- Returns when each of these processes sleeps: it does in two looks, and has not run in between.
function expect.asleep(...)
  for _, process in ipairs { ... } do
    local last
    expect.soon(function()
      local letter, switches = state(process)
      local is_asleep = letter == "S" and switches == last
      last = switches
      return is_asleep
    end)
  end
end

--- Stops a process.
function expect.stop(process)
  os.execute("kill -STOP " .. process.pid)
  expect.soon(function() return state(process) == "T" end)
end

--- Returns when a process has ended.
function expect.gone(process)
  expect.soon(function() return (state(process) or "Z") == "Z" end)
end

--- Whether `text` has been written to standard error, for a case of which something is expected there.
function expect.said(text)
  local file <close> = io.open "errors" -- it is made by a process that may not have begun
  return file and file:read "a":find(text, 1, true)
end

--- The standard output and error of another script, and its exit status, -n for signal n.
function expect.script(text, input, before)
  local path = os.tmpname()
  local file <close> = assert(io.open(path, "w"))
  file:write(text)
  file:close()
  local program = assert(io.popen(("%s pmap run %s 2>&1 < %s"):format(before or "", path, input or "/dev/null")))
  local output = program:read "a"
  local _, kind, status = program:close()
  os.remove(path)
  return output, kind == "signal" and -status or status
end

--- How many descriptors this process has open.
function expect.descriptors()
  local path = os.tmpname()
  os.execute("ls /proc/$PPID/fd > " .. path)
  local file <close> = assert(io.open(path))
  os.remove(path)
  return select(2, file:read "a":gsub("\n", "\n"))
end

--- Runs the case that the command line names.
function expect.main()
  local name = arg[1]
  if not name then return print(table.concat(names, "\n")) end
  local case = assert(cases[name], "no such case")
  core.event()
  local before = expect.descriptors()
  case()
  for _, child in ipairs(mp.active_children()) do
    if not child.daemon then child:join() end
  end
  for _ = 1, 200 do -- what refers to each other is collected in turns, and its workers may still be ending
    mp.active_children() -- receives results: a pool whose calls are unfinished is kept
    collectgarbage()
    if expect.descriptors() == before then return end
    core.sleep(0.05)
  end
  expect.equal(expect.descriptors(), before, "open descriptors")
end

return expect
