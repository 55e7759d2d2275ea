-- The sums of two dice, thrown a hundred thousand times: how many of each, as bars.

math.randomseed(7)
inputs = pmap.range(100)
options = { by_key = true }
reduce = pmap.count

function task()
  for _ = 1, 1000 do
    pmap.emit(math.random(6) + math.random(6))
  end
end

function finish(counts)
  for sum, count in pairs(counts) do
    print(("%2d %6d %s"):format(sum, count, ("#"):rep(count // 500)))
  end
end
