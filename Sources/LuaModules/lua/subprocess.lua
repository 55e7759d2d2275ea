--- Programs: started without a shell, fed, read, awaited and ended.
local core = require "_multiprocessing"
local class = require "multiprocessing.class"
local errors = require "multiprocessing.errors"

-- As the core module has them.
local PIPE, STDOUT, DEVNULL = -1, -2, -3

local subprocess = { PIPE = PIPE, STDOUT = STDOUT, DEVNULL = DEVNULL }

--- A program that was started; see `subprocess.Popen`.
local Popen = {}

-- What a program was to be run with, checked and in the shape that the core module takes.

local options_of = {
  popen = { "cwd", "env", "shell", "stderr", "stdin", "stdout" },
  run = { "capture_output", "check", "cwd", "env", "input", "shell", "stderr", "stdin", "stdout", "timeout" },
}

local function check_options(options, kind)
  if type(options) ~= "table" then core.fail("options are a table: run({…}, { timeout = 5 })") end
  local known = options_of[kind]
  for name in pairs(options) do
    local found = false
    for _, each in ipairs(known) do found = found or each == name end
    if not found then core.fail(("unknown option %s; there are %s"):format(tostring(name), table.concat(known, ", "))) end
  end
end

local function check_text(text, what)
  if type(text) == "number" then text = tostring(text) end
  if type(text) ~= "string" then core.fail(("%s is a string, not a %s"):format(what, type(text))) end
  if text:find("\0", 1, true) then core.fail(what .. " has a NUL in it, which no program can be given") end
  return text
end

local function words_of(cmd, shell)
  if shell then
    if type(cmd) ~= "string" then core.fail "with shell = true the command is one string" end
    return { "/bin/sh", "-c", check_text(cmd, "the command") }
  end
  if type(cmd) == "string" then
    core.fail [[the command is a string; write its words: run { "ls", "-l" }, or run("ls -l", { shell = true }) for a shell]]
  end
  if type(cmd) ~= "table" then core.fail("the command is a table of words, not a " .. type(cmd)) end
  local words = {}
  for place = 1, #cmd do words[place] = check_text(cmd[place], "word " .. place .. " of the command") end
  if #words == 0 then core.fail "the command has no words" end
  for key in pairs(cmd) do
    if type(key) == "string" then
      core.fail(("%s stands among the words; options are a second table: run({…}, { %s = … })"):format(key, key))
    end
    if words[key] == nil then core.fail(("word %s of the command stands behind a hole"):format(tostring(key))) end
  end
  return words
end

local function variables_of(env)
  if env == nil then return nil end
  if type(env) ~= "table" then core.fail("env is a table of names and values, not a " .. type(env)) end
  local variables = {}
  for name, value in pairs(env) do
    name = check_text(name, "a name in env")
    if name == "" or name:find("=", 1, true) then core.fail(("%q in env is no name of a variable"):format(name)) end
    variables[#variables + 1] = name .. "=" .. check_text(value, "env." .. name)
  end
  return variables
end

local function stream_of(stream, name)
  if stream == nil or io.type(stream) or stream == PIPE or stream == DEVNULL then return stream end
  if name == "stderr" and stream == STDOUT then return stream end
  local names = name == "stderr" and "PIPE, STDOUT, DEVNULL" or "PIPE, DEVNULL"
  core.fail(("%s is subprocess.%s or a file of Lua"):format(name, names))
end

--- The command as one would type it, for messages.
local function quoted(cmd)
  if type(cmd) == "string" then return cmd end
  local words = {}
  for place, word in ipairs(cmd) do
    word = tostring(word)
    words[place] = word:find "^[%w@%%+=:,./_-]+$" and word or "'" .. word:gsub("'", [['\'']]) .. "'"
  end
  return table.concat(words, " ")
end

local function named(cmd)
  local text = quoted(cmd):gsub("%c", " ")
  return #text <= 100 and text or text:sub(1, utf8.offset(text, 0, 98) - 1) .. "…"
end

--- Starts a program: `Popen({"sort", "-n"}, { stdin = PIPE, stdout = PIPE })`. Without them its input is empty, and its
--- output goes where this process's goes.
function subprocess.Popen(cmd, options)
  options = options or {}
  check_options(options, "popen")
  local words = words_of(cmd, options.shell)
  local folder = options.cwd and check_text(options.cwd, "cwd")
  local pid, stdin, stdout, stderr = core.program_start(words, variables_of(options.env), folder,
    stream_of(options.stdin, "stdin") or DEVNULL, stream_of(options.stdout, "stdout"),
    stream_of(options.stderr, "stderr"))
  local self = setmetatable({ pid = pid, args = cmd, stdin = stdin, stdout = stdout, stderr = stderr }, Popen)
  self._read = { stdout = stdout and {}, stderr = stderr and {} }
  self._tails, self._lines = {}, { first = 1, last = 0 }
  self._owner = core.getpid()
  return self
end

-- Takes note of the end, if it has come.
local function reap(self)
  if self._returncode then return self._returncode end
  if self._owner ~= core.getpid() then core.fail("the program was started by another process") end
  self._returncode = core.program_poll(self.pid)
  return self._returncode
end

-- Calls the function of `on_line` for the lines that are there; after an error in it the others come with the next call.
local function tell_lines(self)
  local lines = self._lines
  while lines.first <= lines.last do
    local each = lines[lines.first]
    lines[lines.first] = nil
    lines.first = lines.first + 1
    self._on_line(each.line, each.name)
  end
end

-- Takes bytes apart into lines; no bytes are the end.
local function note_lines(self, name, bytes)
  local lines, start = self._lines, 1
  local function note(line)
    lines.last = lines.last + 1
    lines[lines.last] = { line = (self._tails[name] or "") .. line, name = name }
    self._tails[name] = nil
  end
  for line, next in bytes:gmatch "([^\n]*)\n()" do
    note(line)
    start = next
  end
  if start <= #bytes then self._tails[name] = (self._tails[name] or "") .. bytes:sub(start) end
  if bytes == "" and self._tails[name] then note "" end
end

local function is_open(file) return file and io.type(file) == "file" end

local function take(self, name, bytes)
  if not bytes then return end
  if bytes == "" then self[name]:close() end
  if self._on_line then
    note_lines(self, name, bytes)
  else
    table.insert(self._read[name], bytes)
  end
end

-- One look at the pipes: sends what can be sent, reads what can be read, or waits for something to do.
local function transfer(self, reads, seconds)
  local input = self._input and is_open(self.stdin) and self.stdin or nil
  local sent, stdout, stderr, ended = core.program_transfer(self.pid, input, self._input, self._sent,
    reads and is_open(self.stdout) and self.stdout or nil, reads and is_open(self.stderr) and self.stderr or nil, seconds)
  self._sent = sent
  if input and (not sent or sent == #self._input) then
    self._input = nil
    self.stdin:close()
  end
  if ended then reap(self) end
  take(self, "stdout", stdout)
  take(self, "stderr", stderr)
  if self._on_line then tell_lines(self) end
  return stdout or stderr
end

-- What the program itself has written is in its pipes, which hold a megabyte at the most; what others that it has left
-- behind go on to write is not waited for.
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

local function deadline_of(timeout)
  if timeout == nil then return nil end
  if type(timeout) ~= "number" then core.fail("a timeout is a number of seconds, not a " .. type(timeout)) end
  return core.clock() + timeout
end

-- The seconds that are left, or nil and true when the time is over.
local function rest_until(deadline)
  if not deadline then return nil end
  local rest = deadline - core.clock()
  if rest <= 0 then return 0, true end
  return rest
end

--- Waits for its end: its status, or `nil, "timeout"`. A program that fills a pipe which nobody reads waits, too: read
--- it with `communicate` or `on_line`.
function Popen:wait(timeout)
  local deadline = deadline_of(timeout)
  while not reap(self) do
    local rest, is_over = rest_until(deadline)
    transfer(self, self._on_line, rest)
    if is_over and not reap(self) then return nil, "timeout" end
  end
  drain(self)
  return self._returncode
end

local function kill_all(self)
  if self._owner ~= core.getpid() then return end
  core.program_kill_all(self.pid, is_open(self.stdout) and self.stdout or nil, is_open(self.stderr) and self.stderr or nil)
  reap(self)
end

local function output_of(self, name) return self._read[name] and not self._on_line and table.concat(self._read[name]) or nil end

--- Sends `input`, reads all output, and waits for the end: what was written to stdout and to stderr, nil for what is no
--- pipe. When the time is over an error of kind "timeout" has what was read so far; it may be called again.
function Popen:communicate(input, timeout)
  local deadline = deadline_of(timeout)
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
    if is_over and not is_done() then error(subprocess.TimeoutExpired(self, timeout), 0) end
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
      note_lines(self, name, table.concat(pieces))
    end
  end
  return self
end

--- Sends a signal to the program itself; nothing when it has ended.
function Popen:send_signal(number)
  if math.type(number) ~= "integer" then core.fail("a signal is an integer, not a " .. type(number)) end
  if not reap(self) then core.program_signal(self.pid, number) end
end

--- Sends SIGTERM.
function Popen:terminate() self:send_signal(15) end

--- Sends SIGKILL.
function Popen:kill() self:send_signal(9) end

-- After an error nobody will ask for the program any more; otherwise its end is waited for, as with Python's `with`.
function Popen:__close(failure)
  if failure ~= nil then kill_all(self) end
  for _, name in ipairs { "stdin", "stdout", "stderr" } do
    if is_open(self[name]) and not (name ~= "stdin" and self._on_line) then self[name]:close() end
  end
  self:wait()
end

function Popen:__gc()
  if not self._returncode and self._owner == core.getpid() then core.program_abandon(self.pid) end
end

function Popen:__tostring()
  local state = reap(self) and "returncode " .. self._returncode or "running"
  return ("Popen(%s, pid %d, %s)"):format(named(self.args), self.pid, state)
end

class.seal(Popen, "program", { returncode = function(self) return reap(self) end })

core.at_exit(core.program_kill_everything)

-- What is raised.

--- What `run` and `communicate` raise when the time is over: kind "timeout", with what was read so far.
function subprocess.TimeoutExpired(process, timeout)
  return errors.new {
    kind = "timeout",
    message = ("%s%s timed out after %s s"):format(core.position(), named(process.args), ("%.14g"):format(timeout)),
    cmd = process.args,
    timeout = timeout,
    stdout = output_of(process, "stdout"),
    stderr = output_of(process, "stderr"),
  }
end

local function last_line(text) return text and text:match "([^\n]*)\n*$" end

--- What `check` raises when the status is not 0: kind "status".
function subprocess.CalledProcessError(result)
  local code, said = result.returncode, last_line(result.stderr)
  local ending = code < 0 and "was killed by " .. core.signal_name(-code) or "ended with status " .. code
  return errors.new {
    kind = "status",
    message = core.position() .. named(result.args) .. " " .. ending .. (said and said ~= "" and ": " .. said or ""),
    returncode = code,
    cmd = result.args,
    stdout = result.stdout,
    stderr = result.stderr,
  }
end

-- Run to the end.

--- Runs a program to its end: `.returncode`, `.stdout`, `.stderr`, `.args`. After `timeout` seconds it is killed with
--- what it has started, and an error of kind "timeout" raised.
function subprocess.run(cmd, options)
  options = options or {}
  check_options(options, "run")
  local streams = { cwd = options.cwd, env = options.env, shell = options.shell }
  streams.stdin, streams.stdout, streams.stderr = options.stdin, options.stdout, options.stderr
  if options.input ~= nil then
    if options.stdin ~= nil then core.fail "write either input or stdin, not both" end
    if type(options.input) ~= "string" then core.fail("input is a string, not a " .. type(options.input)) end
    streams.stdin = PIPE
  elseif options.stdin == PIPE then
    core.fail "run sends what input says; write input, or use Popen"
  end
  if options.capture_output then
    if options.stdout ~= nil or options.stderr ~= nil then core.fail "write either capture_output or stdout and stderr" end
    streams.stdout, streams.stderr = PIPE, PIPE
  end
  deadline_of(options.timeout)
  local process <close> = subprocess.Popen(cmd, streams)
  local stdout, stderr = process:communicate(options.input, options.timeout)
  local result = { args = cmd, returncode = process._returncode, stdout = stdout, stderr = stderr }
  if options.check and result.returncode ~= 0 then error(subprocess.CalledProcessError(result), 0) end
  return result
end

local function with(options, more)
  local all = {}
  for name, value in pairs(options or {}) do all[name] = value end
  for name, value in pairs(more) do all[name] = value end
  return all
end

--- Runs a program; its status.
function subprocess.call(cmd, options) return subprocess.run(cmd, options).returncode end

--- The same; a status that is not 0 is an error.
function subprocess.check_call(cmd, options) return subprocess.run(cmd, with(options, { check = true })).returncode end

--- What a program writes to standard output; a status that is not 0 is an error.
function subprocess.check_output(cmd, options)
  if options and options.stdout ~= nil then core.fail "stdout is what check_output returns; it cannot be set" end
  return subprocess.run(cmd, with(options, { check = true, stdout = PIPE })).stdout
end

--- The status of a command for the shell, and what it writes, without the last newline.
function subprocess.getstatusoutput(command)
  local result = subprocess.run(command, { shell = true, stdout = PIPE, stderr = STDOUT })
  return result.returncode, (result.stdout:gsub("\n$", ""))
end

function subprocess.getoutput(command) return (select(2, subprocess.getstatusoutput(command))) end

return subprocess
