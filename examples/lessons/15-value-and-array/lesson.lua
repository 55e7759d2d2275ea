-- Numbers that all processes see: Value and Array.
--
-- An ordinary variable is copied by the fork. A Value is one number, an Array many, in memory that stays shared. They
-- are typed as in C: "i" is an integer of 32 bits, "d" a double, "q" an integer of 64 bits. Places count from 1, as
-- in any table of Lua. What is no number of that type is refused, not cut.
--
-- Each process writes places of its own here, so no lock is needed; where two write the same place, use :add or a
-- lock.

local mp = require "multiprocessing"

local plain = 0
local sum, squares = mp.Value("q", 0), mp.Array("d", 8)

local function fill(first, last)
  for place = first, last do
    squares[place] = place * place
    sum:add(place * place)
    plain = plain + 1
  end
end

local processes = { mp.Process(fill, 1, 4), mp.Process(fill, 5, 8) }
for _, process in ipairs(processes) do process:start() end
for _, process in ipairs(processes) do process:join() end

print("the array: " .. table.concat(squares:totable(), " "))
print("its size: " .. #squares)
print("the sum: " .. sum.value)
print("the plain variable: " .. plain)

local small = mp.Array("B", { 1, 2, 255 }) -- a byte each
print("a byte: " .. small[3])
print("256 in a byte:", pcall(function() small[3] = 256 end))
