-- What a killed worker costs: one item.
--
-- The worker on item 3 is killed from outside, by SIGKILL, as the kernel does it when memory runs out. No error
-- handler of that worker can run. The pool notices, starts another worker, and makes a failure of kind "crash" of the
-- item it was at; what else was waiting is run by others, once. Python's Pool would wait for that item for ever.
--
-- map raises the crash after all others have arrived; their results are in the error. imap raises it when its turn
-- comes.

local mp = require "multiprocessing"

local function work(item)
  if item == 3 then os.execute "kill -9 $PPID" end
  return item * item
end

local pool <close> = mp.Pool(2)
local done, failure = pcall(pool.map, pool, work, { 1, 2, 3, 4, 5, 6 })

print("done:", done)
print("kind:", failure.kind)
print("item:", failure.index)
print("message:", (failure.message:gsub("pid %d+", "pid N")))
for item = 1, 6 do
  print(item, failure.results[item] or "lost")
end

print("and the pool goes on: " .. table.concat(pool:map(work, { 10, 20 }), " "))
