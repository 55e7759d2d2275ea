-- Which numbers are prime? Those that are not come with their smallest divisor and what it leaves.
-- A script may return just the task. Several results are the fields of one record, joined by tabs.

--- The smallest divisor of n above 1; n itself when it is prime.
local function smallest_divisor(n)
  for _, p in ipairs { 2, 3 } do
    if n % p == 0 then
      return p
    end
  end
  local d = 5
  while d * d <= n do -- every prime above 3 is one less or one more than a multiple of 6
    if n % d == 0 then
      return d
    elseif n % (d + 2) == 0 then
      return d + 2
    end
    d = d + 6
  end
  return n
end

return function(line)
  local n = math.tointeger(tonumber(line))
  if not n or n < 2 then
    return nil, "not an integer above 1: " .. line -- this item fails, the others go on
  end
  local d = smallest_divisor(n)
  if d == n then
    return n, "prime"
  end
  return n, "composite", d, n // d
end
