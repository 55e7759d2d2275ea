-- Each kind of value to bytes and back, in the process itself: pmap -j0 values.lua. Two lines for each kind: its name,
-- nanoseconds of one value, bytes of one.

local records, integers, floats = {}, {}, {}
for i = 1, 1000 do
  records[i] = { id = i, name = "record " .. i, values = { i, i + 1, i + 2 } }
  integers[i], floats[i] = i * 7919, i / 7
end

local kinds = {
  { "nil", nil },
  { "integer", 12345 },
  { "float", 0.1 },
  { "string of 10 bytes", ("x"):rep(10) },
  { "string of 10 MB", ("x"):rep(10000000) },
  { "empty table", {} },
  { "list of 1000 integers", integers },
  { "list of 1000 floats", floats },
  { "list of 1000 records", records },
  { "function with an upvalue", (function() local n = 1 return function() return n end end)() },
}

inputs = {}
for i in ipairs(kinds) do
  inputs[i] = i
end

--- What one call takes, from as many as need a fifth of a second.
local function nanoseconds(fn, argument)
  local calls = 1
  while true do
    local start = os.clock()
    for _ = 1, calls do
      fn(argument)
    end
    local time = os.clock() - start
    if time > 0.2 then return time / calls * 1e9 end
    calls = calls * 2
  end
end

function task(i)
  local name, value = kinds[i][1], kinds[i][2]
  local bytes = pmap.dumps(value)
  pmap.emit(name .. ", dumps", nanoseconds(pmap.dumps, value), #bytes)
  return name .. ", loads", nanoseconds(pmap.loads, bytes), #bytes
end
