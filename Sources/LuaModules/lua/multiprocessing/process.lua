--- Processes: copies of the script as it is when they start.
local core = require "_multiprocessing"
local arguments = require "multiprocessing.arguments"
local class = require "multiprocessing.class"
local errors = require "multiprocessing.errors"
require "multiprocessing.exit"

local process = {}

--- A process of its own that runs a function.
local Process = {}
process.Process = Process

local current = setmetatable({ _name = "MainProcess", _pid = core.getpid(), _daemon = false }, Process)
local parent
local children = {}
local failures = {} -- some ends of children that nobody was waiting for: a message each; they keep no process
local forked = {} -- children that `fork` has made and that were not waited for, by their numbers
local supervisors = function() return {} end
local serial = 0

--- This process; a worker of the main job, or a fork that was made otherwise, gets its object here.
local function this()
  if current._pid ~= core.getpid() then
    local worker = (package.loaded.pmap or {}).worker
    local name = worker and "Worker-" .. worker.id or "Process-" .. core.getpid()
    local self = { _name = name, _pid = core.getpid(), _daemon = true, _joins = true } -- what it starts is waited for
    parent, current = current, setmetatable(self, Process)
    children, forked, failures, serial = {}, {}, {}, 0
  end
  return current
end

core.write_whole_lines()

local process_options = { "target", "args", "name", "daemon" }

--- `mp.Process(f, …)`, or `mp.Process{target=f, args={…}, name=, daemon=}`.
function process.new(target, ...)
  local self = { _args = table.pack(...) }
  local instead = "write mp.Process(f, 1) for a process that calls f(1), or mp.Process{ target = f, args = {1} }"
  if type(target) == "table" and not arguments.is_callable(target) and not class.noun(target) then
    if select("#", ...) > 0 then core.fail("mp.Process takes one table of options, and has no subclasses; " .. instead) end
    local options = target
    if options[1] ~= nil then core.fail("the target is an option; " .. instead) end
    if options.kwargs ~= nil then core.fail "a function of Lua has no named arguments; write args = { { name = value } }" end
    arguments.check_options(options, process_options, "Process")
    if options.args ~= nil then arguments.check_list(options.args, "args") end
    if options.name ~= nil and type(options.name) ~= "string" then
      core.fail("the name of a process is a string, not a " .. type(options.name))
    end
    if options.daemon ~= nil and type(options.daemon) ~= "boolean" then
      core.fail("daemon is true or false, not a " .. type(options.daemon))
    end
    self._target, self._name, self._daemon = options.target, options.name, options.daemon
    self._args = options.args or {}
    self._args.n = self._args.n or #self._args
  else
    self._target = target
  end
  if self._target == nil then core.fail("no target; " .. instead) end
  if not arguments.is_callable(self._target) then
    core.fail(("the target of a process is a function, not a %s; %s"):format(type(self._target), instead))
  end
  local maker = this()
  if self._daemon == nil then self._daemon = maker._daemon and not maker._joins or false end
  serial = serial + 1
  self._name = self._name or (maker._name == "MainProcess" and "" or maker._name .. ":") .. "Process-" .. serial
  return setmetatable(self, Process)
end

--- The exit code, if the process has ended within `timeout`, or nil.
local function poll(self, timeout)
  if self._is_worker then return #core.wait({ self._pid }, timeout) > 0 or nil end
  if self._exitcode or not self._pid or children[self._pid] ~= self then return self._exitcode end
  local code = core.join(self._pid, timeout)
  if code then
    self._exitcode = code
    children[self._pid] = nil
    core.forget(self._pid)
  end
  return code
end

--- The same for the script, which need not be told of this end any more.
local function attend(self, timeout)
  local code = poll(self, timeout)
  if code and self._failure then self._failure.message = nil end
  return code
end

--- How a process that has failed has ended.
local function describe_end(code) return code < 0 and "was killed by " .. core.signal_name(-code) or "ended with status " .. code end

local max_failures = 100

--- Whether it runs; how it has failed is kept.
local function is_running(child, timeout)
  local code = poll(child, timeout)
  if code and code ~= 0 and not child._is_stopped and #failures < max_failures then
    child._failure = { message = ("%s (pid %d) %s, and nobody has joined it"):format(child._name, child._pid, describe_end(code)) }
    failures[#failures + 1] = child._failure
  end
  return not code
end

local function own_children()
  local running = {}
  for _, child in pairs(children) do
    if is_running(child, false) then running[#running + 1] = child end
  end
  return running
end

local endings = {}

--- `f` is called when this process is about to exit, before its children are waited for.
function process.at_end(f) endings[#endings + 1] = f end

--- Ends the children of a process that is about to exit: daemons are killed, the others joined, for `limit` seconds if there is
--- one, which is what an item may take where items have started them. Returns a message for each that has failed and that nobody
--- has waited for.
function process.finish(limit)
  this()
  for place = #endings, 1, -1 do endings[place]() end
  for _, child in ipairs(own_children()) do
    if child._daemon then child:kill() end
  end
  local messages = {}
  local end_time = limit and core.clock() + limit
  for _, child in ipairs(own_children()) do
    if is_running(child, end_time and math.max(0, end_time - core.clock())) then
      messages[#messages + 1] = ("%s (pid %d) has run on for longer than --timeout, and was killed"):format(child._name, child._pid)
      child:kill()
      poll(child)
    end
  end
  for _, failure in ipairs(failures) do messages[#messages + 1] = failure.message end
  failures = {}
  return messages
end

core.at_exit(process.finish)

--- In the child: replaces the parent's state, as its children are not this process's.
local function enter_child(self)
  parent, current = current, self
  core.set_position(nil)
  self._pid = core.getpid()
  children, forked, failures, serial = {}, {}, {}, 0
end

--- In a process that a pool has made: it is named `name`, and its parent is the script.
function process.become_worker(name, script)
  enter_child(setmetatable({ _name = name, _daemon = true, _joins = true }, Process))
  core.leave_input()
  process.script = script
end

local function run(self)
  enter_child(self)
  core.leave_input()
  local results = table.pack(xpcall(self._target, errors.capture, table.unpack(self._args, 1, self._args.n)))
  core.set_position "the end of its function"
  local failure = not results[1] and results[2]
  if failure then io.stderr:write(self._name, ": ", failure.traceback or tostring(failure), "\n") end
  if core.getpid() ~= self._pid then os.exit(not failure) end -- a fork that the function has made has no results to send
  local sent, message = pcall(core.put, self._results, failure and { failure = failure } or { results = results })
  if not sent then
    message = message:gsub(" at value%.results%[(%d+)%]", function(place)
      return " at result" .. (results.n > 2 and "[" .. place - 1 .. "]" or "")
    end, 1)
    local kind = failure and failure.kind or "unsendable"
    if failure then message = tostring(failure) end
    core.put(self._results, { failure = errors.new { kind = kind, message = message } })
  end
  os.exit(not failure)
end

--- Starts the process; once.
function Process:start()
  if self._pid then core.fail(self._name .. " was started already; make another Process") end
  own_children() -- forgets children that have ended and that nobody joins
  self._results = core.channel()
  io.stdout:flush()
  local pid = core.fork(self._name)
  if pid == 0 then core.without_yielding(run, self) end
  self._pid = pid
  children[pid] = self
end

local function check_child(self)
  if self._closed then core.fail(self._name .. " is closed") end
  if not self._pid then core.fail(self._name .. " was not started") end
  if not self._exitcode and not self._is_worker and children[self._pid] ~= self then core.fail(self._name .. " is not a child of this process") end
end

--- Waits until it ends; true, or `nil, "timeout"`.
function Process:join(timeout)
  check_child(self)
  arguments.check_timeout(timeout)
  if attend(self, timeout) then return true end
  return nil, "timeout"
end

function Process:is_alive()
  if self._closed then core.fail(self._name .. " is closed") end
  if self == current then return true end
  return self._pid ~= nil and attend(self, false) == nil
end

local function send(self, signal)
  check_child(self)
  self._is_stopped = true
  if not poll(self, false) then core.kill(self._pid, signal) end
end

--- Sends SIGTERM.
function Process:terminate() send(self, 15) end

--- Sends SIGKILL.
function Process:kill() send(self, 9) end

--- Sends SIGINT.
function Process:interrupt() send(self, 2) end

--- Releases what is kept of a process that has ended; an error while it runs.
function Process:close()
  if self._closed then return end
  if self._pid and attend(self, false) == nil then
    core.fail("cannot close " .. self._name .. " while it runs; join it first, or terminate it")
  end
  self._closed, self._results = true, nil
end

--- Waits for the end, and returns the function's results, or raises its error.
function Process:result()
  check_child(self)
  attend(self)
  if not self._outcome then
    local code = self._exitcode
    self._outcome = core.get(self._results, false) or {
      failure = errors.new {
        kind = "crash",
        message = ("%s (pid %d) %s before it returned"):format(self._name, self._pid, describe_end(code)),
        exitcode = code,
      },
    }
  end
  if self._outcome.failure then error(self._outcome.failure, 0) end
  return table.unpack(self._outcome.results, 2, self._outcome.results.n)
end

function Process:__close()
  if self._pid and self ~= current and children[self._pid] == self and not poll(self, false) then
    core.kill(self._pid, 15)
    attend(self)
  end
end

function Process:__tostring()
  local state = self == current and "running" or not self._pid and "initial" or self:is_alive() and "running"
    or "stopped, exitcode " .. tostring(self._exitcode)
  return ("Process(%s, %s)"):format(self._name, state)
end

class.seal(Process, "process", {
  pid = function(self) return self._pid end,
  name = function(self) return self._name end,
  daemon = function(self) return self._daemon end,
  exitcode = function(self)
    class.run_callbacks()
    return not self._is_worker and attend(self, false) or nil
  end,
  --- A number that `mp.wait` takes, too.
  sentinel = function(self) return self._pid end,
}, { call = "process:start()", ident = "process.pid", exit_code = "process.exitcode", returncode = "process.exitcode" })

function Process:__newindex(key, value)
  key = tostring(key)
  if (key == "name" or key == "daemon") and not self._pid then
    rawset(self, "_" .. key, value)
  elseif key:sub(1, 1) == "_" then
    rawset(self, key, value)
  else
    core.fail(("cannot set %s of a process%s"):format(key, self._pid and " that was started" or ""))
  end
end

--- This process.
function process.current_process() return this() end

--- The process that has started this one, or nil in the script itself.
function process.parent_process() return this() and parent end

--- The running processes that this one has started.
function process.active_children()
  this()
  local running = own_children()
  for _, supervisor in ipairs(supervisors()) do
    for _, worker in ipairs(core.children(supervisor)) do
      running[#running + 1] = setmetatable({ _pid = worker[1], _name = worker[2], _daemon = true, _is_worker = true }, Process)
    end
  end
  table.sort(running, function(a, b) return a._pid < b._pid end)
  return running
end

--- `f` returns the supervisors of this process's pools: their workers count as its children.
function process.set_supervisors(f) supervisors = f end

--- As fork(2): 0 in the child, which goes on from here, and the child's number in the parent.
function process.fork()
  this() -- the state that a worker of the main job has from now on is not its host's
  local child = setmetatable({ _name = "Process-" .. serial + 1, _daemon = false }, Process)
  serial = serial + 1
  io.stdout:flush()
  local pid = core.fork(child._name)
  if pid == 0 then
    enter_child(child)
  else
    child._pid = pid
    children[pid], forked[pid] = child, child
  end
  return pid
end

--- Waits for the end of a child, once: its number and its exit code, -n for signal n; with `nohang` `nil, "running"` while
--- it runs.
function process.waitpid(pid, nohang)
  if math.type(pid) ~= "integer" then core.fail("waitpid takes the number of a process, not a " .. type(pid)) end
  this()
  local child = forked[pid] or children[pid]
  if not child then core.fail("process " .. pid .. " is not a child of this process, or was waited for already") end
  local timeout
  if nohang then timeout = false end
  local code = attend(child, timeout)
  if not code then return nil, "running" end
  forked[pid] = nil
  return pid, code
end

return process
