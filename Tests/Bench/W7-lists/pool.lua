package.path = "../?.lua;" .. package.path
local inside = require "inside"
local mp = require "multiprocessing"

local function identity(x) return x end

local items = {}
for number = 1, inside.count() do
  local list = {}
  for place = 1, 200000 do list[place] = place * number end
  items[number] = list
end
local pool <close> = mp.Pool()
local results = inside.timed(function() return pool:map(identity, items) end)
local sum = 0
for place, result in ipairs(results) do sum = sum + (result[1] + result[200000]) * place end
print(sum)
