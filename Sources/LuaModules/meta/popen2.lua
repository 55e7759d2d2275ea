---@meta popen2

--- Pipes to and from a program, as in Python 2's popen2. A string goes through the shell, a list of words does not.
---@class popen2
local popen2 = {}

--- Starts a program, and returns the pipe to read its output from, the pipe to write its input to, and the program.
---@param cmd string|string[]
---@return file* fromchild
---@return file* tochild
---@return subprocess.Popen process
function popen2.popen2(cmd) end

--- Starts a program as `popen2` does, and returns the pipe of its standard error as the third.
---@param cmd string|string[]
---@return file* fromchild
---@return file* tochild
---@return file* childerr
---@return subprocess.Popen process
function popen2.popen3(cmd) end

--- Starts a program as `popen2` does; the first pipe has its standard output and standard error.
---@param cmd string|string[]
---@return file* fromchild
---@return file* tochild
---@return subprocess.Popen process
function popen2.popen4(cmd) end

return popen2
