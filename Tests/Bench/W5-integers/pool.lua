package.path = "../?.lua;" .. package.path
local inside = require "inside"
local mp = require "multiprocessing"

local function identity(x) return x end

local items = {}
for number = 1, inside.count() do items[number] = number end
local pool <close> = mp.Pool()
local results = inside.timed(function() return pool:map(identity, items) end)
local sum = 0
for place = 1, #results do sum = sum + results[place] * (place % 7) end
print(sum)
