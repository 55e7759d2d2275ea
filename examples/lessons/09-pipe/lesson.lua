-- Two processes talk: each has one end of a pipe.
--
-- mp.Pipe() gives two ends; what is sent into one is received at the other, in order, whole values at a time. The
-- fork copies both ends into the child. Each side keeps one and closes the other, for recv can only answer nil and
-- "closed" when nobody has the other end any more: a copy that is forgotten keeps the other side waiting.
--
-- A queue is for many writers and readers, a pipe for two who answer each other.

local mp = require "multiprocessing"

local ours, theirs = mp.Pipe()

local function calculator()
  ours:close()
  while true do
    local request, reason = theirs:recv()
    if reason == "closed" then return "the other side has gone" end
    theirs:send(request[1] + request[2])
  end
end

local process = mp.Process(calculator)
process:start()
theirs:close()

for _, pair in ipairs { { 1, 2 }, { 20, 22 }, { 0.5, 0.25 } } do
  ours:send(pair)
  print(("%s + %s = %s"):format(pair[1], pair[2], ours:recv()))
end
print("anything more to receive:", ours:poll(0.05))

ours:close()
print("the calculator says: " .. process:result())
