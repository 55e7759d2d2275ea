-- The numbers from 1 up.

for i = 1, tonumber(arg[1]) do
  io.write(i, "\n")
end
