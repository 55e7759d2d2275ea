-- One line of so many bytes.

local left = tonumber(arg[1])
while left > 0 do
  local size = math.min(left, 1000000)
  io.write(("x"):rep(size))
  left = left - size
end
io.write "\n"
