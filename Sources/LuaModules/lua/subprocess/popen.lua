--- Programs that run: their input, output and end.
local core = require "_multiprocessing"
local class = require "multiprocessing.class"
local command = require "subprocess.command"
local errors = require "multiprocessing.errors"
require "multiprocessing.exit"

local popen = {}

local Popen = {}

--- Starts a program: `Popen({"sort", "-n"}, { stdin = PIPE, stdout = PIPE })`. Without them its input is empty, and its
--- output goes where this process's goes.
function popen.start(cmd, options)
  options = options or {}
  command.check_options(options, "Popen")
  local words = command.words_of(cmd, options.shell)
  local folder = options.cwd and command.check_text(options.cwd, "cwd")
  local variables = command.variables_of(options.env)
  local stdin = command.stream_of(options.stdin, "stdin") or command.DEVNULL
  local stdout, stderr = command.stream_of(options.stdout, "stdout"), command.stream_of(options.stderr, "stderr")
  local function start(is_last)
    return table.pack(core.program_start(words, variables, folder, stdin, stdout, stderr, is_last))
  end
  local started = start(false)
  if not started[1] then
    -- Files that are garbage may still be open: the collector does not know that descriptors are few.
    collectgarbage()
    started = start(true)
  end
  local pid
  pid, stdin, stdout, stderr = table.unpack(started, 1, 4)
  local self = setmetatable({ pid = pid, args = cmd, stdin = stdin, stdout = stdout, stderr = stderr }, Popen)
  self._read = { stdout = stdout and {}, stderr = stderr and {} }
  self._tails, self._lines = { stdout = {}, stderr = {} }, { first = 1, last = 0 }
  self._owner = core.getpid()
  return self
end

-- The exit status, if the program has ended, or nil.
local function reap(self)
  if self._returncode then return self._returncode end
  if self._owner ~= core.getpid() then core.fail("the program was started by another process") end
  self._returncode = core.program_poll(self.pid)
  return self._returncode
end

-- Calls the function of `on_line` for the lines that there are; after an error in it the others come next time.
local function emit_lines(self)
  local lines = self._lines
  while lines.first <= lines.last do
    local each = lines[lines.first]
    lines[lines.first] = nil
    lines.first = lines.first + 1
    self._on_line(each.line, each.name)
  end
end

-- Splits bytes into lines; no bytes are the end. A line without a newline yet is kept in pieces, however long it gets.
local function split_lines(self, name, bytes)
  local lines, tail, start = self._lines, self._tails[name], 1
  local function add(line)
    lines.last = lines.last + 1
    tail[#tail + 1] = line
    lines[lines.last] = { line = table.concat(tail), name = name }
    tail = {}
  end
  for line, next in bytes:gmatch "([^\n]*)\n()" do
    add(line)
    start = next
  end
  if start <= #bytes then tail[#tail + 1] = bytes:sub(start) end
  if bytes == "" and #tail > 0 then add "" end
  self._tails[name] = tail
end

local function is_open(file) return file and io.type(file) == "file" end

local function open_or_nil(file) return is_open(file) and file or nil end

local function receive(self, name, bytes)
  if not bytes then return end
  if bytes == "" then self[name]:close() end
  if self._on_line then
    split_lines(self, name, bytes)
  else
    table.insert(self._read[name], bytes)
  end
end

-- Polls the pipes once: sends what can be sent, reads what can be read, or waits for something to do.
local function transfer(self, reads, seconds)
  local input = self._input and open_or_nil(self.stdin)
  local sent, stdout, stderr, ended = core.program_transfer(self.pid, input, self._input, self._sent,
    reads and open_or_nil(self.stdout), reads and open_or_nil(self.stderr), seconds)
  self._sent = sent
  if input and (not sent or sent == #self._input) then
    self._input = nil
    self.stdin:close()
  end
  if ended then reap(self) end
  receive(self, "stdout", stdout)
  receive(self, "stderr", stderr)
  if self._on_line then emit_lines(self) end
  return stdout or stderr
end

-- Reads the output of a program that has ended from its pipes, which hold a megabyte at the most; the output of processes
-- that it has left running is not waited for.
local function drain(self)
  for _ = 1, self._on_line and 17 or 0 do
    if not transfer(self, true, 0) then return end
  end
end

--- Whether it has ended: its status, -n for signal n, or nil.
function Popen:poll()
  if self._on_line and not self._returncode then drain(self) end
  return reap(self)
end

--- The deadline of a timeout, or nil.
function popen.deadline_of(timeout)
  if timeout == nil then return nil end
  if type(timeout) ~= "number" then core.fail("a timeout is a number of seconds, not a " .. type(timeout)) end
  if timeout ~= timeout then core.fail "a timeout is a number of seconds, not nan" end
  return core.clock() + timeout
end

-- The seconds up to the deadline; 0 and true when it has passed.
local function rest_until(deadline)
  if not deadline then return nil end
  local rest = deadline - core.clock()
  if rest <= 0 then return 0, true end
  return rest
end

--- Waits for its end: its status, or `nil, "timeout"`. A program that fills a pipe which nobody reads waits, too: read
--- it with `communicate` or `on_line`.
function Popen:wait(timeout)
  local deadline = popen.deadline_of(timeout)
  while not reap(self) do
    local rest, is_over = rest_until(deadline)
    transfer(self, self._on_line, rest)
    if is_over and not reap(self) then return nil, "timeout" end
  end
  drain(self)
  return self._returncode
end

local function kill_all(self)
  core.program_kill_all(self.pid, open_or_nil(self.stdout), open_or_nil(self.stderr))
  reap(self)
end

local function output_of(self, name)
  return self._read[name] and not self._on_line and table.concat(self._read[name]) or nil
end

--- The error that `run` and `communicate` raise at the timeout: kind "timeout", with the output that was read so far.
function popen.TimeoutExpired(process, timeout)
  return errors.new {
    kind = "timeout",
    message = ("%s%s timed out after %.14g s"):format(core.position(), command.named(process.args), timeout),
    cmd = process.args,
    timeout = timeout,
    stdout = output_of(process, "stdout"),
    stderr = output_of(process, "stderr"),
  }
end

--- Sends `input`, reads all output, and waits for the end: the output of stdout and of stderr, nil for one that is no pipe. At
--- the timeout an error of kind "timeout" has the output that was read so far; it may be called again.
function Popen:communicate(input, timeout)
  local deadline = popen.deadline_of(timeout)
  if input ~= nil then
    if self._communicates then core.fail "cannot send input again; the first one is still being sent" end
    if type(input) ~= "string" then core.fail("input is a string, not a " .. type(input)) end
    if not is_open(self.stdin) then core.fail "cannot send input: stdin is not subprocess.PIPE" end
    self._input, self._sent = input, 0
  end
  if not self._communicates and (input == nil or input == "") and is_open(self.stdin) then
    self._input = nil
    self.stdin:close()
  end
  self._communicates = true
  local function is_done()
    return not self._input and not is_open(self.stdout) and not is_open(self.stderr) and reap(self)
  end
  while not is_done() do
    local rest, is_over = rest_until(deadline)
    transfer(self, true, rest)
    if is_over and not is_done() then error(popen.TimeoutExpired(self, timeout), 0) end
  end
  self._communicates = false
  return output_of(self, "stdout"), output_of(self, "stderr")
end

--- From now on `wait`, `poll` and `communicate` call `f(line, name)` for each line of stdout and stderr, as it comes;
--- `name` is "stdout" or "stderr". The lines are not kept.
function Popen:on_line(f)
  self._on_line = f
  for name, pieces in pairs(self._read) do
    if pieces and #pieces > 0 then
      self._read[name] = {}
      split_lines(self, name, table.concat(pieces))
    end
  end
  return self
end

--- Sends a signal to the program itself; nothing when it has ended.
function Popen:send_signal(number)
  if math.type(number) ~= "integer" then core.fail("a signal is an integer, not a " .. type(number)) end
  if number < 1 or number > 64 then core.fail("a signal is 1 to 64, not " .. number) end
  if not reap(self) then core.program_signal(self.pid, number) end
end

--- Sends SIGTERM.
function Popen:terminate() self:send_signal(15) end

--- Sends SIGKILL.
function Popen:kill() self:send_signal(9) end

-- Kills the program after an error, when nobody will ask for it; otherwise waits for its end, as Python's `with`.
function Popen:__close(failure)
  if self._owner ~= core.getpid() then return end
  if failure ~= nil then kill_all(self) end
  for _, name in ipairs { "stdin", "stdout", "stderr" } do
    if is_open(self[name]) and not (name ~= "stdin" and self._on_line) then self[name]:close() end
  end
  if failure == nil then self:wait() end
end

function Popen:__gc()
  if not self._returncode and self._owner == core.getpid() then core.program_abandon(self.pid) end
end

function Popen:__tostring()
  local state = reap(self) and "returncode " .. self._returncode or "running"
  return ("Popen(%s, pid %d, %s)"):format(command.named(self.args), self.pid, state)
end

local function nothing() end

-- A stream that is no pipe is nil.
class.seal(Popen, "program", {
  returncode = reap, pid = nothing, args = nothing, stdin = nothing, stdout = nothing, stderr = nothing,
}, { exitcode = "program.returncode", values = "for line in program.stdout:lines() do", call = "program:wait()" })

core.at_exit(function() core.program_kill_everything() end)

return popen
