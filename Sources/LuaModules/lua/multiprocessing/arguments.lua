--- What scripts pass to these modules, refused where it is passed when it cannot be right.
local core = require "_multiprocessing"

local arguments = {}

--- A value as messages have it: of a string one sees that it is one.
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

--- An option that counts something, or nil; more than there can ever be is as much as a few of them can be added.
function arguments.count_option(value, name)
  if value == nil then return nil end
  if math.type(value) ~= "integer" or value < 1 then
    core.fail(("%s is an integer of 1 or more, not %s"):format(name, arguments.shown(value)))
  end
  return math.min(value, 1 << 40)
end

--- Whether it can be called.
function arguments.is_callable(value)
  local meta = getmetatable(value)
  return type(value) == "function" or type(meta) == "table" and meta.__call ~= nil
end

--- Refuses what cannot be called; `name` is what messages call it.
function arguments.check_function(value, name)
  if not arguments.is_callable(value) then core.fail(("%s is a function, not a %s"):format(name, type(value))) end
end

--- Refuses what is no table of arguments.
function arguments.check_list(value, name)
  if type(value) == "table" then return end
  local is_plain = type(value) == "string" or type(value) == "number"
  core.fail(("%s is a list: {%s}"):format(name, is_plain and arguments.shown(value) or "…"))
end

--- The moment when a timeout ends: nil for never, and now for `false`.
function arguments.deadline(timeout)
  if timeout == nil or timeout == true then return nil end
  if timeout == false then return core.clock() end
  if type(timeout) ~= "number" then
    core.fail("a timeout is a number of seconds, true or false, not a " .. type(timeout))
  end
  return core.clock() + timeout
end

return arguments
