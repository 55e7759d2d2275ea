-- One process, one loop: a file, or standard input, through task.lua.

dofile "task.lua"
for line in io.lines(arg[1]) do
  io.write(task(line), "\n")
end
