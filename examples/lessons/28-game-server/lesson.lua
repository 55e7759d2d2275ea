-- A game server: a process per connection, and then a few processes for all connections.
--
-- The game: guess a number from 1 to 100. A player who thinks for an hour must not keep the others waiting, so each
-- has a process. The first server forks when a player comes; the child inherits the open socket, and the parent
-- closes its copy, or else the connection would stay open after the child's end. The second one, prefork, has three
-- processes from the start, all waiting in accept on the same listener; the kernel gives each new player to one of
-- them. It saves the fork per player, and limits how many play at a time.
--
-- What all games share, the number of games played, is in shared memory. Variables would be each process's own.

local mp = require "multiprocessing"
local socket = require "socket"

local games = mp.Value("i", 0)

local function play(player, secret)
  repeat
    local guess = tonumber((player:receive "*l"))
    if not guess then break end
    if guess == secret then games:add(1) end
    player:send((guess < secret and "more" or guess > secret and "less" or "right") .. "\n")
  until guess == secret
  player:close()
end

local function process_per_connection(listener)
  while true do
    local player = listener:accept()
    mp.Process(play, player, 42):start()
    player:close()
    mp.active_children() -- takes note of those that have ended
  end
end

local function prefork(listener)
  local function serve()
    while true do play(listener:accept(), 42) end
  end
  for _ = 1, 3 do
    mp.Process({ target = serve, daemon = true }):start()
  end
  mp.Event():wait() -- for ever
end

-- The client halves the interval until the answer is right.
local function guesses(port)
  local server = assert(socket.connect("127.0.0.1", port))
  local low, high, count = 1, 100, 0
  while true do
    local guess = (low + high) // 2
    count = count + 1
    server:send(guess .. "\n")
    local answer = server:receive "*l"
    if answer == "right" then break end
    if answer == "more" then low = guess + 1 else high = guess - 1 end
  end
  server:close()
  return count
end

for _, server in ipairs { { "a process per connection", process_per_connection }, { "prefork", prefork } } do
  local listener = assert(socket.bind("127.0.0.1", 0))
  local _, port = listener:getsockname()
  local process <close> = mp.Process(server[2], listener)
  process:start()
  local pool <close> = mp.Pool(4)
  print(server[1] .. ": " .. table.concat(pool:map(guesses, { port, port, port, port, port, port }), " ") .. " guesses")
end

print(games.value .. " games were played")
