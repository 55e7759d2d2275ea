-- A number alone is one price; several are { how many, their sum }.
local function of(state)
  if type(state) == "table" then return state[1], state[2] end
  return 1, tonumber(state)
end

local total = {}

function total.merge(left, right)
  local count, sum = of(left)
  local other_count, other_sum = of(right)
  if type(left) ~= "table" then return { count + other_count, sum + other_sum } end
  left[1], left[2] = count + other_count, sum + other_sum
  return left
end

function total.finish(state)
  local count, sum = of(state)
  return ("%.2f\t%.6f"):format(sum, sum / count)
end

return { total = total }
