---@meta popen2

--- Pipes to and from a program, in the order of Python 2's popen2. A string goes through the shell, a table of words does
--- not.
---@class popen2
local popen2 = {}

--- What the program writes, what it reads, and the program.
---@param cmd string|string[]
---@return file* fromchild
---@return file* tochild
---@return subprocess.Popen process
function popen2.popen2(cmd) end

--- The same with what it writes to standard error as the third.
---@param cmd string|string[]
---@return file* fromchild
---@return file* tochild
---@return file* childerr
---@return subprocess.Popen process
function popen2.popen3(cmd) end

--- The same with standard error in the first.
---@param cmd string|string[]
---@return file* fromchild
---@return file* tochild
---@return subprocess.Popen process
function popen2.popen4(cmd) end

return popen2
