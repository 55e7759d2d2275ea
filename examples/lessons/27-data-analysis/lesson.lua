-- Mean and variance of a large array, in slices.
--
-- The numbers are in shared memory, so the workers get no data, only the two ends of a slice; a table of numbers
-- would be copied to them and back. Each worker returns three numbers: count, mean, and the sum of squared distances
-- from it. Two such triples make one (Chan's formula). They are merged in the order of the slices, not in the order
-- in which the workers are ready: so the same slices give the same result, to the last bit, in every run.
--
-- The plain way, the sum of squares minus the square of the sum, loses all digits where the mean is large.

local mp = require "multiprocessing"

local count, workers = 100000, 4
local numbers = mp.Array("d", count)

local function slice(number)
  return { 1 + (number - 1) * count // workers, number * count // workers }
end

local function fill(first, last)
  for place = first, last do
    numbers[place] = 1e9 + place % 10
  end
end

local function describe(first, last)
  local n, mean, squares = 0, 0.0, 0.0
  for place = first, last do
    local x = numbers[place]
    n = n + 1
    local distance = x - mean
    mean = mean + distance / n
    squares = squares + distance * (x - mean)
  end
  return { n = n, mean = mean, squares = squares }
end

local function merge(a, b)
  local n, distance = a.n + b.n, b.mean - a.mean
  return {
    n = n,
    mean = a.mean + distance * b.n / n,
    squares = a.squares + b.squares + distance ^ 2 * a.n * b.n / n,
  }
end

local pool <close> = mp.Pool(workers)
local slices = { slice(1), slice(2), slice(3), slice(4) }
pool:starmap(fill, slices)

local total
for _, part in ipairs(pool:starmap(describe, slices)) do
  print(("%d numbers, mean %.2f"):format(part.n, part.mean))
  total = total and merge(total, part) or part
end
print(("all %d: mean %.2f, variance %.4f"):format(total.n, total.mean, total.squares / total.n))
