-- Short lines: as many as the argument says.

for i = 1, tonumber(arg[1]) do
  io.write("line ", i, "\n")
end
