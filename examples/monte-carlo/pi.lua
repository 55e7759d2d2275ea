-- Pi by throwing points at a square and counting those inside the circle.
-- math.random is seeded for each item from --seed and the item's index, so the answer stays the same
-- however many workers share the work.

local throws = 50000

inputs = {} -- the items may also come from the script
for batch = 1, 20 do
  inputs[batch] = "batch " .. batch
end

function task(batch)
  local inside = 0
  for _ = 1, throws do
    local x, y = math.random(), math.random()
    if x * x + y * y < 1 then
      inside = inside + 1
    end
  end
  return batch, ("%.4f"):format(4 * inside / throws)
end
