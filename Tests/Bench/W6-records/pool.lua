package.path = "../?.lua;" .. package.path
local inside = require "inside"
local mp = require "multiprocessing"

local function identity(x) return x end

local items = {}
for number = 1, inside.count() do
  items[number] = { id = number, name = "name" .. number, v = { number, number + 1, number + 2 } }
end
local pool <close> = mp.Pool()
local results = inside.timed(function() return pool:map(identity, items) end)
local sum, letters = 0, 0
for place, result in ipairs(results) do
  sum = sum + (result.id + result.v[3]) * (place % 7)
  letters = letters + #result.name
end
print(sum, letters)
