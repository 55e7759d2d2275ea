-- Wait until something is so: a condition.
--
-- A condition is a lock and a place to wait. wait_for(predicate) looks, with the lock held, whether it is true; if
-- not it gives the lock back, sleeps until another process notifies, takes the lock again and looks again. So nobody
-- can change the balance between the look and the withdrawal, and nobody burns a processor by looking all the time.
--
-- notify without the lock held is an error; a waiter that did not look again might go on with the balance of before.

local mp = require "multiprocessing"

local balance, changed = mp.Value("i", 0), mp.Condition()

local function withdraw(amount)
  local held <close> = changed:hold()
  changed:wait_for(function() return balance.value >= amount end)
  balance.value = balance.value - amount
  print(("took %d, %d are left"):format(amount, balance.value))
end

local customer = mp.Process(withdraw, 100)
customer:start()

for _, amount in ipairs { 30, 30, 60 } do
  changed:with(function()
    balance.value = balance.value + amount
    print(("paid in %d"):format(amount))
    changed:notify_all()
  end)
end

customer:join()
print("balance: " .. balance.value)

local held <close> = changed:hold()
print("a million within a tenth of a second:", changed:wait_for(function() return balance.value >= 1000000 end, 0.1))
