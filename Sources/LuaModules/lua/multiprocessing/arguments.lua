--- Checks of the arguments that scripts pass to these modules: a wrong one is an error of the line that passes it.
local core = require "_multiprocessing"
local class = require "multiprocessing.class"

local arguments = {}

--- A value as messages show it: a string is quoted.
function arguments.shown(value)
  return type(value) == "string" and ("%q"):format(value):gsub("\n", "n") or tostring(value)
end

--- Refuses names that are not among the options of `what`.
function arguments.check_options(options, known, what)
  if type(options) ~= "table" then
    core.fail(("the options of %s are a table, { %s = … }, not a %s"):format(what, known[1], type(options)))
  end
  for name in pairs(options) do
    local is_known = false
    for _, each in ipairs(known) do is_known = is_known or each == name end
    if not is_known then
      core.fail(("%s has no option %s; there are %s"):format(what, tostring(name), table.concat(known, ", ")))
    end
  end
end

--- An option that counts something, or nil; limited, so that a few of them can be added.
function arguments.count_option(value, name)
  if value == nil then return nil end
  if math.type(value) ~= "integer" or value < 1 then
    core.fail(("%s is an integer of 1 or more, not %s"):format(name, arguments.shown(value)))
  end
  return math.min(value, 1 << 40)
end

--- Refuses arguments where there are none.
function arguments.check_none(what, ...)
  if select("#", ...) > 0 and (...) ~= nil then
    core.fail(("%s takes no arguments; this is %s"):format(what, arguments.shown((...))))
  end
end

--- Refuses what is no number, where `example` is what to write.
function arguments.check_number(value, name, example)
  if value == nil or type(value) == "number" then return end
  core.fail(("%s is an integer, not a %s; write %s"):format(name, type(value), example))
end

--- Whether it can be called.
function arguments.is_callable(value)
  if type(value) == "function" then return true end
  local meta = getmetatable(value)
  return type(meta) == "table" and rawget(meta, "__call") ~= nil and not class.forbids_call(meta)
end

--- Refuses what cannot be called; `name` is what messages call it.
function arguments.check_function(value, name)
  if not arguments.is_callable(value) then core.fail(("%s is a function, not a %s"):format(name, type(value))) end
end

--- Refuses what is no table of arguments; the values behind it may have been meant for it, too.
function arguments.check_list(value, name, ...)
  if type(value) == "table" then return end
  local words = table.pack(value, ...)
  while words.n > 1 and words[words.n] == nil do words.n = words.n - 1 end
  for place = 1, words.n do
    local is_plain = type(words[place]) == "string" or type(words[place]) == "number"
    words[place] = is_plain and arguments.shown(words[place]) or "…"
  end
  core.fail(("%s is a list: {%s}"):format(name, table.concat(words, ", ")))
end

--- Refuses what is no timeout.
function arguments.check_timeout(timeout)
  if timeout == nil or type(timeout) == "boolean" then return end
  if type(timeout) ~= "number" then
    core.fail("a timeout is a number of seconds, true or false, not a " .. type(timeout))
  end
  if timeout ~= timeout then core.fail "a timeout is a number of seconds, not nan" end
end

--- The deadline of a timeout: nil for never, and now for `false`.
function arguments.deadline(timeout)
  arguments.check_timeout(timeout)
  if timeout == nil or timeout == true then return nil end
  return core.clock() + (timeout or 0)
end

--- The timeout up to a deadline: nil for ever, and `false` when that has passed.
function arguments.rest(deadline)
  local rest = deadline and deadline - core.clock()
  return rest and rest > 0 and rest
end

return arguments
