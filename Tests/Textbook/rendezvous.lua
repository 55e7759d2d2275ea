-- Rendezvous: each of two processes waits at its second statement for the other one's first.
local mp = require "multiprocessing"

local rounds = 20
local clock, early = mp.Value("i", 0), mp.Value("i", 0)
local arrived, first = { mp.Semaphore(0), mp.Semaphore(0) }, mp.Array("i", 2, false)

local function meet(own, other)
  for round = 1, rounds do
    clock:add(1)
    first[own] = round
    arrived[own]:release()
    arrived[other]:acquire()
    if first[other] < round then early:add(1) end
  end
end

local a, b = mp.Process(meet, 1, 2), mp.Process(meet, 2, 1)
a:start()
b:start()
a:join()
b:join()
print("statements", clock.value)
print("too early", early.value)
