--- Programs: run to their end, or started and communicated with.
local core = require "_multiprocessing"
local command = require "subprocess.command"
local errors = require "multiprocessing.errors"
local class = require "multiprocessing.class"
local popen = require "subprocess.popen"
local shown = require "multiprocessing.shown"

local PIPE, STDOUT, DEVNULL = command.PIPE, command.STDOUT, command.DEVNULL

local subprocess = {
  PIPE = PIPE,
  STDOUT = STDOUT,
  DEVNULL = DEVNULL,
  Popen = popen.start,
  TimeoutExpired = popen.TimeoutExpired,
}

--- The result of a program that was run.
local Result = { __name = "result" }
subprocess.Result = Result
function Result:__tostring() return shown.object("CompletedProcess", self) end

local function last_line(text) return text and text:match "([^\n]*)\n*$" end

--- The error that `check` raises when the status is not 0: kind "status".
function subprocess.CalledProcessError(result)
  local code, said = result.returncode, last_line(result.stderr)
  local ending = code < 0 and "was killed by " .. core.signal_name(-code) or "ended with status " .. code
  local message = ("%s%s %s"):format(core.position(), command.named(result.args), ending)
  return errors.new {
    kind = "status",
    message = said and said ~= "" and message .. ": " .. said or message,
    returncode = code,
    cmd = result.args,
    stdout = result.stdout,
    stderr = result.stderr,
  }
end

--- Runs a program to its end: `.returncode`, `.stdout`, `.stderr`, `.args`. After `timeout` seconds it is killed with
--- what it has started, and an error of kind "timeout" raised.
function subprocess.run(cmd, options)
  options = options or {}
  command.check_options(options, "run")
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
    if options.stdout ~= nil or options.stderr ~= nil then
      core.fail "write either capture_output or stdout and stderr"
    end
    streams.stdout, streams.stderr = PIPE, PIPE
  end
  popen.deadline_of(options.timeout)
  local process <close> = popen.start(cmd, streams)
  local stdout, stderr = process:communicate(options.input, options.timeout)
  local result = { args = cmd, returncode = process._returncode, stdout = stdout, stderr = stderr }
  setmetatable(result, Result)
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

--- The standard output of a program; a status that is not 0 is an error.
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

return class.module(subprocess, "subprocess")
