--- Pipes to and from a program, in the order of Python 2's popen2. A string goes through the shell, a table does not.
local subprocess = require "subprocess"

local popen2 = {}

local function start(cmd, stderr)
  return subprocess.Popen(cmd, {
    shell = type(cmd) == "string",
    stdin = subprocess.PIPE,
    stdout = subprocess.PIPE,
    stderr = stderr,
  })
end

--- What the program writes, what it reads, and the program: `local fromchild, tochild, process = popen2.popen2 "sort"`.
function popen2.popen2(cmd)
  local process = start(cmd)
  return process.stdout, process.stdin, process
end

--- The same with what it writes to standard error as the third.
function popen2.popen3(cmd)
  local process = start(cmd, subprocess.PIPE)
  return process.stdout, process.stdin, process.stderr, process
end

--- The same with standard error in the first.
function popen2.popen4(cmd)
  local process = start(cmd, subprocess.STDOUT)
  return process.stdout, process.stdin, process
end

return require("multiprocessing.class").module(popen2, "popen2")
