-- Integers, one a line.

math.randomseed(18)
for _ = 1, tonumber(arg[1]) do
  io.write(math.random(1000000), "\n")
end
