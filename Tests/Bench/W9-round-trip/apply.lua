package.path = "../?.lua;" .. package.path
local inside = require "inside"
local mp = require "multiprocessing"

local function identity(x) return x end

local count = inside.count()
local pool <close> = mp.Pool()
print(inside.timed(function()
  local sum = 0
  for number = 1, count do sum = sum + pool:apply(identity, { number }) end
  return sum
end))
