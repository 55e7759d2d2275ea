-- A function in a process of its own: start it, join it.
--
-- mp.Process takes a function and its arguments. Nothing runs before :start(), which forks: the arguments, and all
-- that the function can see, are simply there in the new process. :join() waits for its end, so that what it prints
-- comes before what is printed here next; without the join the two would run side by side, in any order. What the
-- function returns is had with :result(). An exit code of 0 means that it ended well.

local mp = require "multiprocessing"

local function greet(name)
  print(("hello %s, from %s"):format(name, mp.current_process().name))
  return #name
end

local process = mp.Process(greet, "Ada")
print("alive before the start:", process:is_alive())
process:start()
process:join()
print("alive after the join:", process:is_alive())
print("exit code:", process.exitcode)
print("result:", process:result())

-- Three at a time: start them all, then join them all. A join in the first loop would run them one after the other.
local processes = {}
for place, name in ipairs { "Grace", "Edsger", "Barbara" } do
  processes[place] = mp.Process { target = function() return name:upper() end, name = name }
  processes[place]:start()
end
for _, each in ipairs(processes) do
  print(each.name, each:result())
end
