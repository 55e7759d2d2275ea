-- One process: lua-cjson in a loop.

local cjson = require "cjson"
for line in io.lines(arg[1]) do
  local item = cjson.decode(line)
  item.next = item.id + 1
  io.write(cjson.encode(item), "\n")
end
