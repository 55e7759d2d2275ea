-- Run programs: what they write, how they end, and how long they may take.
--
-- run starts a program, feeds it, reads all that it writes and waits for its end. A status that is not 0 is no error
-- unless `check` says so; then the error says what the program has said last. After `timeout` seconds the program is
-- killed with everything it has started. Reading one pipe to its end and then the other one, by hand, blocks when the
-- other one is full: run reads both.
--
-- Popen is for what is to be watched while it runs: on_line is called for each line as it comes.

local subprocess = require "subprocess"

local result = subprocess.run({ "tr", "a-z", "A-Z" }, { input = "hello", capture_output = true })
print("status " .. result.returncode .. ", it wrote " .. result.stdout)

result = subprocess.run({ "ls", "/no/such/file" }, { stdout = subprocess.PIPE, stderr = subprocess.DEVNULL })
print("ls failed:", result.returncode ~= 0)

local printer = { "sh", "-c", "echo no paper >&2; exit 3" }
local done, failure = pcall(subprocess.run, printer, { capture_output = true, check = true })
print("kind: " .. failure.kind .. ", status " .. failure.returncode .. ", said: " .. failure.stderr:gsub("\n$", ""))

done, failure = pcall(subprocess.run, { "sleep", "60" }, { timeout = 0.1 })
print("ended well:", done, "kind:", failure.kind)

local program = subprocess.Popen({ "sh", "-c", "for n in 1 2 3; do echo step $n; done" }, { stdout = subprocess.PIPE })
program:on_line(function(line)
  print("it says: " .. line)
end)
print("status " .. program:wait())

local sleeper = subprocess.Popen { "sleep", "60" }
print("still running:", sleeper:poll() == nil)
sleeper:terminate()
print("ended by signal " .. -sleeper:wait())
