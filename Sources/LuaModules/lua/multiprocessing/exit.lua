--- os.exit for scripts that have processes or programs: it ends them first, as at the script's end.
local core = require "_multiprocessing"

local leave = os.exit

--- A text is written to standard error, with status 1.
function os.exit(status, close)
  if status ~= nil and type(status) ~= "boolean" and math.type(status) ~= "integer" then
    io.stderr:write(tostring(status), "\n")
    status = 1
  end
  core.finish()
  io.stdout:flush()
  leave(status, close)
end

return {}
