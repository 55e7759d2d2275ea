-- One function over many items: map, starmap, imap.
--
-- pool:map returns the results in the order of the items, however long each took. starmap is for items that are lists
-- of arguments. Both wait until all is done. imap gives results as a loop asks for them: the first one can be used
-- while the last one is still being computed, and items may come from an iterator that nobody could hold in memory.
--
-- The function travels to the workers with the variables it uses (here `factor`), as they are at the call. What it
-- changes there stays there.

local mp = require "multiprocessing"

local pool <close> = mp.Pool(4)
local factor = 10

print("map:     " .. table.concat(pool:map(function(x) return x * factor end, { 1, 2, 3, 4, 5 }), " "))

print("starmap: " .. table.concat(pool:starmap(math.max, { { 3, 9 }, { 7, 2 }, { 5, 5, 6 } }), " "))

-- An iterator is a function that returns nil at the end: here, the words of a line.
local words = ("the order of the words is kept"):gmatch "%a+"
for place, length in pool:imap(function(word) return #word end, words) do
  print("imap:", place, length)
end

-- nil is a result too: `n` and # count the items, and a hole stays a hole.
local odd = pool:map(function(x) return x % 2 == 1 and x or nil end, { 1, 2, 3, 4 })
print("of " .. #odd .. " results the second is", odd[2])
