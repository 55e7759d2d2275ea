-- Talk with a program: what it reads and what it writes are two pipes.
--
-- popen2 starts a program and returns what it writes, what it reads, and the program. Who sends a line and waits for
-- the answer must know two things. A program that collects its output, as most do when it goes to a pipe, answers
-- only when it has much, or at the end: sort must have seen all of its input first, so its input is closed before its
-- output is read. And what is written waits in a buffer of ours until flush or close.
--
-- No shell is involved when the command is a table of words: nothing in them has to be quoted.

local popen2 = require "popen2"

local from, to, process = popen2.popen2 { "sort", "-n" }
to:write "30\n4\n200\n"
to:close()
for line in from:lines() do
  print(line)
end
print("status", process:wait())

-- cat answers line by line, so one can talk with it.
local answers, questions, cat = popen2.popen2 { "cat" }
for _, word in ipairs { "hello", "it's me" } do
  questions:write(word, "\n")
  questions:flush()
  print("cat says: " .. answers:read())
end
questions:close()
print("status", cat:wait())
