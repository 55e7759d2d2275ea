-- A pool of four processes that square numbers: all at once, and one result after the other.
local mp = require "multiprocessing"

local function square(x) return x * x end

local pool <close> = mp.Pool(4)
print(table.unpack(pool:map(square, { 1, 2, 3, 4, 5 })))
for place, value in pool:imap(square, { 10, 20 }) do print(place, value) end
