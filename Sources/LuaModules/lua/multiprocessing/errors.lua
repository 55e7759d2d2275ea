--- Errors that were raised in another process, to be raised again in this one.
local hints = require "pmap.hints"

local errors = {}

--- `kind` is "error", "timeout", "crash", "unsendable", "cancelled" or "status"; `value` is what was raised.
local Error = {}
errors.Error = Error
Error.__name = "error"

--- An error object from a table of its fields.
function errors.new(fields) return setmetatable(fields, Error) end

function Error.__tostring(self) return tostring(self.message) end

function Error.__concat(left, right) return tostring(left) .. tostring(right) end

--- The methods of strings act on the message.
function Error.__index(_, name)
  local method = string[name]
  return method and function(self, ...) return method(tostring(self), ...) end
end

-- The level of a traceback at which the function of a process begins: those below are of the modules, and of the script when
-- the process was made.
local beginnings = {
  "\n\t%[C%]: in %?\n\t%[C%]: in function '_multiprocessing%.pool_work'.*",
  "\n\t%[C%]: in function 'xpcall'\n\t%[multiprocessing%..*",
}

local function traceback(text, level)
  text = debug.traceback(text, level + 1)
  for _, beginning in ipairs(beginnings) do text = text:gsub(beginning, "") end
  return text
end

--- The message handler for xpcall: the raised value with its traceback.
function errors.capture(raised)
  if getmetatable(raised) == Error then return raised end
  local made, text = pcall(tostring, raised)
  if not made or type(raised) == "nil" or type(raised) == "table" and not getmetatable(raised) then
    text = ("(error object is a %s value)"):format(type(raised))
  end
  if type(raised) == "string" then text = hints.add(text, 3) end
  return errors.new { kind = "error", message = text, traceback = traceback(text, 2), value = raised }
end

return errors
