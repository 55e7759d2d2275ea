---@meta subprocess

--- External programs: run to their end, or started and spoken with. No shell is in between unless you ask for it. A
--- program reads nothing, and writes where the script writes, unless told otherwise. It ends with the process that
--- has started it. In a task of the main job, its output is the task's output.
---@class subprocess
---@field PIPE integer # a pipe to this process
---@field STDOUT integer # for `stderr`: the same as standard output
---@field DEVNULL integer # nothing to read, and all that is written is lost
local subprocess = {}

--- Runs a program to its end, and returns its result. After `timeout` seconds it kills the program with all that it
--- has started, and raises an error of kind "timeout", which has in `stdout` and `stderr` what was read so far.
---@param cmd string[]|string # its words; a line for the shell with `shell = true`
---@param options? subprocess.RunOptions
---@return subprocess.Result
function subprocess.run(cmd, options) end

--- Starts a program, and returns while it runs.
---@param cmd string[]|string
---@param options? subprocess.Options
---@return subprocess.Popen
function subprocess.Popen(cmd, options) end

--- Runs a program to its end, and returns its status.
---@param cmd string[]|string
---@param options? subprocess.RunOptions
---@return integer
function subprocess.call(cmd, options) end

--- Runs a program to its end, and returns its status, 0. Another status is an error of kind "status".
---@param cmd string[]|string
---@param options? subprocess.RunOptions
---@return integer
function subprocess.check_call(cmd, options) end

--- Runs a program to its end, and returns what it writes to standard output. A status that is not 0 is an error of
--- kind "status".
---@param cmd string[]|string
---@param options? subprocess.RunOptions
---@return string
function subprocess.check_output(cmd, options) end

--- Runs a command in the shell, and returns what it writes, with standard error, without the last newline.
---@param command string
---@return string
function subprocess.getoutput(command) end

--- Runs a command in the shell, and returns its status and what `getoutput` returns.
---@param command string
---@return integer
---@return string
function subprocess.getstatusoutput(command) end

--- Makes the error of kind "status" that `check = true` raises for a result: it has `returncode`, `cmd`, `stdout` and
--- `stderr`.
---@param result subprocess.Result
---@return multiprocessing.Error
function subprocess.CalledProcessError(result) end

--- Makes the error of kind "timeout" that `communicate` raises: it has `cmd`, `timeout`, `stdout` and `stderr`.
---@param process subprocess.Popen
---@param timeout number
---@return multiprocessing.Error
function subprocess.TimeoutExpired(process, timeout) end

--- The result of `run`.
---@class subprocess.Result
---@field returncode integer # the status, or -n for signal n
---@field stdout? string # the standard output, if it was captured
---@field stderr? string # the standard error, if it was captured
---@field args string[]|string # the words of the command

--- The options of `Popen`, its second argument.
---@class subprocess.Options
---@field stdin? integer|file* # `PIPE`, or a file to read
---@field stdout? integer|file* # `PIPE`, `DEVNULL`, or a file
---@field stderr? integer|file* # `PIPE`, `DEVNULL`, `STDOUT`, or a file
---@field cwd? string # the folder where the program runs
---@field env? table<string, string> # all variables of its environment
---@field shell? boolean # whether `cmd` is a line for /bin/sh
---@field text? boolean # accepted: output is strings in any case
---@field universal_newlines? boolean # accepted, as `text`
---@field encoding? "utf-8" # accepted; no other is

--- The options of `run`, `call`, `check_call` and `check_output`.
---@class subprocess.RunOptions: subprocess.Options
---@field input? string # what the program reads
---@field capture_output? boolean # whether both outputs are captured
---@field timeout? number # how many seconds the program may take
---@field check? boolean # whether a status that is not 0 is an error of kind "status"

--- A program that was started. The end of a `<close>` variable waits for it, or kills it after an error.
---@class subprocess.Popen
---@field stdin? file* # the pipe to write its input to; each write arrives at once
---@field stdout? file* # the pipe to read its standard output from
---@field stderr? file* # the pipe to read its standard error from
---@field pid integer # the pid
---@field args string[]|string # the words of the command
---@field returncode? integer # the status, or -n for signal n; nil while the program runs
local Popen = {}

--- Returns the program's status if it has ended, else nil.
---@return integer?
function Popen:poll() end

--- Waits for the end of the program, and returns its status, or `nil, "timeout"`. A program that fills a pipe which
--- nobody reads never ends.
---@param timeout? number
---@return integer?
---@return "timeout"?
function Popen:wait(timeout) end

--- Sends `input`, reads all output, waits for the end, and returns what the program wrote to its pipes. After
--- `timeout` seconds it raises an error of kind "timeout"; the program runs on, and `communicate` may be called
--- again.
---@param input? string
---@param timeout? number
---@return string? stdout
---@return string? stderr
function Popen:communicate(input, timeout) end

--- Makes `wait`, `poll` and `communicate` call `f(line, name)` for each line of the program's pipes as it comes, and
--- keep none. `name` is "stdout" or "stderr".
---@param f fun(line: string, name: "stdout"|"stderr")
---@return subprocess.Popen
function Popen:on_line(f) end

--- Sends a signal to the program, unless it has ended.
---@param number integer
function Popen:send_signal(number) end

--- Sends SIGTERM to the program.
function Popen:terminate() end

--- Sends SIGKILL to the program.
function Popen:kill() end

return subprocess
