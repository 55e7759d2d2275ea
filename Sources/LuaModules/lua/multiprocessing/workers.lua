--- The processes of a pool: workers that run tasks, and the supervisor, which replaces a worker that dies.
local core = require "_multiprocessing"
local errors = require "multiprocessing.errors"
local process = require "multiprocessing.process"

local workers = {}

local initializer_failed = 66
-- The crash limit: the most workers in a row that may end before their first item.
local max_failed_starts = 10

local function work(self, id, script)
  process.become_worker("PoolWorker-" .. id, script)
  if package.loaded.pmap then package.loaded.pmap.worker = { id = id } end
  core.lead_group() -- the processes that its items start die with it
  if self._initializer then
    local started, failure = xpcall(self._initializer, errors.capture, table.unpack(self._initargs))
    if not started then
      core.put(self._reports, failure)
      core.exit(initializer_failed)
    end
    core.lead_group() -- again: blocked signals, or rights that were given up, undo it
  end
  core.array_set(self._ready, id, 1)
  core.pool_work(self._tasks, self._results, self._maxtasks, errors.capture)
  process.finish()
  core.exit(0)
end

local function crash(pid, code)
  local ending = code < 0 and "was killed by " .. core.signal_name(-code) or "exited with status " .. code
  return errors.new {
    kind = "crash",
    message = ("the worker (pid %d) %s while it ran this item; the others went on"):format(pid, ending),
    exitcode = code,
  }
end

--- In a child: runs `f` and exits; an error may not reach the script, which is on the stack as in the parent.
local function run_isolated(f, ...)
  local done, failure = xpcall(f, errors.capture, ...)
  if not done then io.stderr:write("pmap: ", failure.traceback or tostring(failure), "\n") end
  core.exit(done and 0 or 1)
end

--- The supervisor: keeps as many workers as the pool has, until there are no more tasks.
local function supervise(self, script)
  process.become_worker("PoolSupervisor", script)
  core.become_supervisor()
  local ids, failed_starts = {}, 0
  local function fail(message)
    core.put(self._reports, errors.new { kind = "error", message = message })
    core.exit(1)
  end
  local function start(id)
    core.array_set(self._ready, id, 0)
    local started, pid = pcall(core.fork, "PoolWorker-" .. id)
    if not started then fail("cannot start the pool's workers: " .. pid) end
    if pid == 0 then run_isolated(work, self, id, script) end
    ids[pid] = id
    core.set_stop_group(id, pid) -- at a Ctrl-Z
  end
  for id = 1, self._processes do start(id) end
  while true do
    local pid, code = core.join_any()
    if not pid then core.exit(0) end
    local id = ids[pid]
    ids[pid] = nil
    core.set_stop_group(id, 0)
    core.kill_group(pid)
    local failure = crash(pid, code)
    core.pool_recover(self._tasks, self._results, pid, failure)
    if code == initializer_failed then core.exit(1) end
    failed_starts = core.array_get(self._ready, id) == 0 and failed_starts + 1 or 0
    if failed_starts > max_failed_starts then fail("the pool's workers end before they begin: " .. failure.message:gsub(" while.*", "")) end
    local count, _, closed = core.channel_state(self._tasks)
    if not (closed and count == 0 and code == 0) then start(id) end
  end
end

--- Forks the supervisor, which forks the workers: they are copies of the script as it is.
function workers.start(self)
  self._tasks, self._results, self._reports = core.channel(0, "tasks"), core.channel(0, "results"), core.channel()
  self._ready = core.array("B", self._processes)
  self._number = core.pool_number()
  io.stdout:flush()
  local script = core.getpid()
  local pid = core.fork("PoolSupervisor")
  if pid == 0 then run_isolated(supervise, self, script) end
  self._supervisor = pid
  self._owner = script
end

return workers
