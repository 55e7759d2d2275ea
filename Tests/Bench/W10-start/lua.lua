-- One process, one loop: a file, or standard input, through the identity.

local function task(line)
  return line
end

for line in io.lines(arg[1]) do
  io.write(task(line), "\n")
end
