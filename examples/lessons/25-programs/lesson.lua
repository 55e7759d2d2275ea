-- A pool of external programs.
--
-- To run a hundred programs, four at a time, one needs no scheduler: each worker of a pool starts one, reads what it
-- prints, and takes the next. The work is done in the programs, so more workers than processors are all right when
-- the programs mostly wait. Started in a loop of one process, each awaited before the next, they would run one after
-- the other.
--
-- A program that fails says so in its status; whoever forgets to look takes half a file for a whole one.

local mp = require "multiprocessing"
local subprocess = require "subprocess"

local function run(words)
  local result = subprocess.run(words, { capture_output = true })
  return result.returncode, (result.stdout:gsub("\n$", ""))
end

local programs = {
  { "printf", "%s, %s", "hello", "it's me" }, -- no shell, nothing to quote
  { "seq", "-s", " ", "5" },
  { "sh", "-c", "seq 100 | tail -n 1" }, -- a pipe wants a shell
  { "sh", "-c", "echo half a file; exit 3" },
}

local pool <close> = mp.Pool(4)
for place, ending in pool:imap(function(words) return { run(words) } end, programs) do
  local status, text = table.unpack(ending)
  print(place, status == 0 and text or "failed with status " .. status)
end
