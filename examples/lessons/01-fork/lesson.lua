-- One process becomes two.
--
-- mp.fork() copies the program as it runs. Both processes go on behind the call, with the same variables: in the new
-- one, the child, it has returned 0, in the old one, the parent, the number of the child. From there on each has its
-- own `count`, and what the child does to its copy the parent never sees: for that there are queues, pipes and shared
-- memory.
--
-- Without os.exit the child would go on and do the parent's part of the script as well.

local mp = require "multiprocessing"

local count = 1
print "one process is about to fork"

local pid = mp.fork()
if pid == 0 then
  count = count + 1
  print("in the child, count is " .. count)
  os.exit()
end

for _, child in ipairs(mp.active_children()) do
  child:join()
end
print("in the parent, count is still " .. count)
