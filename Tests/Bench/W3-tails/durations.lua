-- What each item takes by itself: one number of seconds a line.

dofile "burn.lua"
for line in io.lines(arg[1]) do
  local start = os.clock()
  task(line)
  io.write(os.clock() - start, "\n")
end
