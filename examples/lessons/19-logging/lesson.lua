-- One log for many processes: whole lines, and none is lost.
--
-- All processes write to the log that the script has set up. A line is written when the call returns, in one piece:
-- lines of two processes are never mixed, and what a worker has logged before it is killed is there, which tells how
-- far it came. Lines that wait in a buffer would die with it.
--
-- A message below the level costs next to nothing: its arguments are not even formatted. Who writes is in the format.

local logging = require "logging"
local mp = require "multiprocessing"

local path = os.tmpname()
logging.basicConfig { level = "INFO", filename = path, format = "%(processName)s %(levelname)s %(message)s" }

local function work(number)
  local log = logging.getLogger "worker"
  log:debug("never shown: %s", number)
  log:info("task %d begins", number)
  if number == 2 then os.execute "kill -9 $PPID" end
  log:info("task %d is done", number)
end

local processes = {}
for number = 1, 3 do
  processes[number] = mp.Process { target = work, args = { number }, name = "worker-" .. number }
  processes[number]:start()
end
for _, process in ipairs(processes) do
  process:join()
  if process.exitcode ~= 0 then logging.error("%s ended with exit code %d", process.name, process.exitcode) end
end

local lines = {}
for line in io.lines(path) do
  lines[#lines + 1] = line
end
os.remove(path)
table.sort(lines) -- the workers took turns in any order
print(table.concat(lines, "\n"))
