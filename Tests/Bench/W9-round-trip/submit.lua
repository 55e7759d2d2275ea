package.path = "../?.lua;" .. package.path
local inside = require "inside"
local futures = require "concurrent.futures"

local function identity(x) return x end

local count = inside.count()
local executor <close> = futures.ProcessPoolExecutor()
print(inside.timed(function()
  local sum = 0
  for number = 1, count do sum = sum + executor:submit(identity, number):result() end
  return sum
end))
