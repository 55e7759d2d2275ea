-- Seconds to burn: one in seventy 0.5, the others around 0.005 with a tail. The longest are first or last, as the second
-- argument says.

local count, order = tonumber(arg[1]), arg[2]
local seconds = {}
math.randomseed(3)
for i = 1, count do
  seconds[i] = i % 70 == 0 and 0.5 or 0.0025 / math.sqrt(1 - math.random() * 0.99)
end
table.sort(seconds)
for i = 1, count do
  io.write(("%.6f\n"):format(seconds[order == "last" and i or count - i + 1]))
end
