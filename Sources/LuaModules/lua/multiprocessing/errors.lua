--- What a task raised in another process, to be raised again in this one.
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

--- The message handler for xpcall: what was raised, with where.
function errors.capture(raised)
  if getmetatable(raised) == Error then return raised end
  local made, text = pcall(tostring, raised)
  if not made or type(raised) == "nil" or type(raised) == "table" and not getmetatable(raised) then
    text = ("(error object is a %s value)"):format(type(raised))
  end
  return errors.new { kind = "error", message = text, traceback = debug.traceback(text, 2), value = raised }
end

return errors
