package.path = "../?.lua;" .. package.path
local inside = require "inside"
local mp = require "multiprocessing"

local function identity(x) return x end

local items = {}
for number = 1, inside.count() do items[number] = tostring(number):rep(10000000 // #tostring(number)) end
local pool <close> = mp.Pool()
local results = inside.timed(function() return pool:map(identity, items) end)
local sum = 0
for place, result in ipairs(results) do sum = sum + #result * place + result:byte(-1) end
print(sum)
