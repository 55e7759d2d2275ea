---@meta subprocess

--- Programs: run to their end, or started and spoken with. No shell is in between unless it is asked for. A program reads
--- nothing and writes where the script writes unless told otherwise, and dies with the process that has started it. In a
--- task of the main job what it writes is the task's output.
---@class subprocess
---@field PIPE integer # a stream that is a pipe to this process
---@field STDOUT integer # for `stderr`: the same as standard output
---@field DEVNULL integer # nothing to be read, and whatever is written is lost
local subprocess = {}

--- Runs a program to its end: a table with `returncode`, `stdout` and `stderr` (nil unless they were captured) and `args`.
--- After `timeout` seconds it is killed with what it has started, and an error of kind "timeout" raised, which has in
--- `stdout` and `stderr` what was read so far.
---@param cmd string[]|string # its words; a line for the shell with `shell = true`
---@param options? subprocess.RunOptions
---@return subprocess.Result
function subprocess.run(cmd, options) end

--- Starts a program, and leaves it running.
---@param cmd string[]|string
---@param options? subprocess.Options
---@return subprocess.Popen
function subprocess.Popen(cmd, options) end

--- Runs a program; its status.
---@param cmd string[]|string
---@param options? subprocess.RunOptions
---@return integer
function subprocess.call(cmd, options) end

--- The same; a status that is not 0 is an error of kind "status".
---@param cmd string[]|string
---@param options? subprocess.RunOptions
---@return integer
function subprocess.check_call(cmd, options) end

--- What a program writes to standard output; a status that is not 0 is an error of kind "status".
---@param cmd string[]|string
---@param options? subprocess.RunOptions
---@return string
function subprocess.check_output(cmd, options) end

--- What a command for the shell writes, errors included, without the last newline.
---@param command string
---@return string
function subprocess.getoutput(command) end

--- Its status, and the same.
---@param command string
---@return integer
---@return string
function subprocess.getstatusoutput(command) end

--- The error of kind "status" that `check = true` raises of a result: `returncode`, `cmd`, `stdout`, `stderr`.
---@param result subprocess.Result
---@return multiprocessing.Error
function subprocess.CalledProcessError(result) end

--- The error of kind "timeout" that `communicate` raises: `cmd`, `timeout`, `stdout`, `stderr`.
---@param process subprocess.Popen
---@param timeout number
---@return multiprocessing.Error
function subprocess.TimeoutExpired(process, timeout) end

--- What `run` returns.
---@class subprocess.Result
---@field returncode integer # its status, or -n for signal n
---@field stdout? string
---@field stderr? string
---@field args string[]|string

--- What `Popen` takes as its second table.
---@class subprocess.Options
---@field stdin? integer|file* # `PIPE`, or a file to be read
---@field stdout? integer|file* # `PIPE`, `DEVNULL`, or a file
---@field stderr? integer|file* # the same, or `STDOUT`
---@field cwd? string # the folder where it runs
---@field env? table<string, string> # all its variables
---@field shell? boolean # `cmd` is a line for /bin/sh
---@field text? boolean # accepted, as is `universal_newlines`: strings are what the program writes
---@field universal_newlines? boolean
---@field encoding? "utf-8" # accepted; no other is

--- What `run` and its kin take beside.
---@class subprocess.RunOptions: subprocess.Options
---@field input? string # what it reads
---@field capture_output? boolean # both of its outputs
---@field timeout? number
---@field check? boolean # a status that is not 0 is an error of kind "status"

--- A program that was started. The end of a `<close>` variable waits for it, or kills it after an error.
---@class subprocess.Popen
---@field stdin? file* # what it reads; each write arrives at once
---@field stdout? file*
---@field stderr? file*
---@field pid integer
---@field args string[]|string
---@field returncode? integer # its status, or -n for signal n; nil while it runs
local Popen = {}

--- Its status if it has ended, else nil.
---@return integer?
function Popen:poll() end

--- Waits for its end: its status, or `nil, "timeout"`. A program that fills a pipe which nobody reads waits, too.
---@param timeout? number
---@return integer?
---@return "timeout"?
function Popen:wait(timeout) end

--- Sends `input`, reads all output and waits for the end: what it wrote to its pipes. When the time is over, an error of
--- kind "timeout"; the program runs on, and `communicate` may be called again.
---@param input? string
---@param timeout? number
---@return string? stdout
---@return string? stderr
function Popen:communicate(input, timeout) end

--- From now on `wait`, `poll` and `communicate` call `f(line, name)` for each line of its pipes, as it comes, and keep
--- none; `name` is "stdout" or "stderr".
---@param f fun(line: string, name: "stdout"|"stderr")
---@return subprocess.Popen
function Popen:on_line(f) end

--- Sends a signal to the program itself; nothing when it has ended.
---@param number integer
function Popen:send_signal(number) end

--- Sends SIGTERM.
function Popen:terminate() end

--- Sends SIGKILL.
function Popen:kill() end

return subprocess
