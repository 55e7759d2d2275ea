-- A loop in lua.
local sum = 0
for line in io.lines(arg[1]) do
  sum = sum + line
end
print(sum)
