-- A number alone is one price; several are { how many, their sum }.

options = { from = "csv", by_key = true }

local function of(state)
  if type(state) == "table" then return state[1], state[2] end
  return 1, state
end

reduce = {
  merge = function(left, right)
    local count, sum = of(left)
    local other_count, other_sum = of(right)
    if type(left) ~= "table" then return { count + other_count, sum + other_sum } end
    left[1], left[2] = count + other_count, sum + other_sum
    return left
  end,
  finish = function(total)
    local count, sum = of(total)
    return ("%.2f\t%.6f"):format(sum, sum / count)
  end,
}

function task(row)
  return row.city, tonumber(row.price)
end
