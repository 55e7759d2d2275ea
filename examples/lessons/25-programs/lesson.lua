-- A pool of external programs.
--
-- To run a hundred programs, four at a time, one does not need a scheduler: each worker of a pool starts one, reads
-- what it prints, and takes the next. The work is done in the programs, so more workers than processors are all right
-- when the programs mostly wait. Started in a loop with io.popen, and read one after the other, they would run one
-- after the other.
--
-- A program that fails says so in its status: close returns it, and whoever forgets to look takes half a file for a
-- whole one.

local mp = require "multiprocessing"

local function run(command)
  local program <close> = assert(io.popen(command))
  local text = program:read "a"
  local ended_well, how, code = program:close()
  if not ended_well then return nil, how .. " " .. code end
  return (text:gsub("\n$", ""))
end

local commands = {
  "echo hello | tr a-z A-Z",
  "seq 100 | tail -n 1",
  "printf '3\\n1\\n2\\n' | sort | tr '\\n' ' '",
  "exit 3",
}

local pool <close> = mp.Pool(4)
for place, text in pool:imap(function(command) return table.pack(run(command)) end, commands) do
  print(place, text[1] or "failed: " .. text[2])
end
