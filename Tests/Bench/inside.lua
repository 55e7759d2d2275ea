-- What pmap's contestants of the works W5 to W9 have in common: the time of the call alone, on standard error.
local inside = {}

--- The number in the input file.
function inside.count()
  local file <close> = assert(io.open(arg[1]))
  return math.tointeger(file:read("n"))
end

--- The answer of the second call; the first one warms up.
function inside.timed(call)
  call()
  local start = pmap.clock()
  local answer = call()
  io.stderr:write(("%.6f\n"):format(pmap.clock() - start))
  return answer
end

return inside
