-- Two processes, two locks, taken in opposite order: each waits for what the other one holds.
local mp = require "multiprocessing"

local first, second = mp.Lock(), mp.Lock()
first:acquire()
local other = mp.Process(function()
  second:acquire()
  first:acquire()
end)
other:start()
while not second:locked() do end
second:acquire()
