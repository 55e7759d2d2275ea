--- How results are joined: the ready reducers of the table `pmap`, and what a script's `reduce` and `finish` come to.
local core = require "_multiprocessing"

local reducers = {}

-- A reducer of this module; `join` and `lifting` name what C does as its functions would, see reducers.c.
local Reducer = { __name = "reducer" }
Reducer.__index = Reducer

local function number(value)
  local found = type(value) == "string" and tonumber(value) or value
  if math.type(found) then return found end
  local shown = type(value) == "string" and ("'%s'"):format(value) or type(value)
  core.fail(("%s is no number"):format(shown))
end

-- It has no place among others.
local function place(value)
  local found = number(value)
  if found ~= found then core.fail "nan has no place among numbers" end
  return found
end

-- Integers wrap in Lua, which nobody would see.
local function add(left, right)
  local sum = left + right
  if math.type(sum) == "integer" and (left ~ sum) & (right ~ sum) < 0 then
    core.fail "the sum of the integers is outside 64 bits; return floats, as item + 0.0"
  end
  return sum
end

local function reducer(definition) return setmetatable(definition, Reducer) end

--- How many records there are.
reducers.count = reducer {
  join = "count",
  lifting = "one",
  lift = function() return 1 end,
  merge = function(left, right) return left + right end,
  finish = function(total) return total or 0 end,
}

reducers.sum = reducer {
  join = "sum",
  lifting = "number",
  lift = number,
  merge = add,
  finish = function(total) return total or 0 end,
}

reducers.min = reducer {
  join = "min",
  lifting = "number",
  lift = place,
  merge = function(left, right) return right < left and right or left end,
}

reducers.max = reducer {
  join = "max",
  lifting = "number",
  lift = place,
  merge = function(left, right) return left < right and right or left end,
}

-- A number alone is itself; of several { how many, their sum }.
local function mean_of(state)
  if type(state) == "table" then return state[1], state[2] end
  return 1, state
end

reducers.mean = reducer {
  join = "mean",
  lifting = "number",
  lift = number,
  merge = function(left, right)
    local count, sum = mean_of(left)
    local other_count, other_sum = mean_of(right)
    sum = sum + 0.0 + other_sum
    if type(left) ~= "table" then return { count + other_count, sum } end
    left[1], left[2] = count + other_count, sum
    return left
  end,
  finish = function(total)
    if total == nil then return nil end
    local count, sum = mean_of(total)
    return sum / count
  end,
}

-- A number alone is itself; of several { how many, their mean, the sum of squared distances from it }.
local function spread_of(state)
  if type(state) == "table" then return state[1], state[2], state[3] end
  return 1, state + 0.0, 0.0
end

--- The sample's variance. Chan, Golub, LeVeque: Updating formulae and a pairwise algorithm for computing sample variances, 1979.
reducers.variance = reducer {
  join = "variance",
  lifting = "number",
  lift = number,
  merge = function(left, right)
    local count, mean, squares = spread_of(left)
    local other_count, other_mean, other_squares = spread_of(right)
    local all, distance = count + other_count, other_mean - mean
    return {
      all,
      mean + distance * other_count / all,
      squares + other_squares + distance * distance * count * other_count / all,
    }
  end,
  finish = function(total)
    if total == nil then return nil end
    local count, _, squares = spread_of(total)
    if count > 1 then return squares / (count - 1) end
  end,
}

-- ---- The largest ----

-- A record of several values is compared by its first one.
local function rank(value)
  local first = value
  if type(value) == "table" then first = value[1] end
  return place(first)
end

-- Two lists of records and what they are compared by, largest first: the first `most` of both. Of equal ones the earlier is first.
local function merged(left, right, most)
  local values, ranks = {}, {}
  local from_left, from_right = 1, 1
  while #ranks < most do
    local a, b = left.ranks[from_left], right.ranks[from_right]
    if a == nil and b == nil then break end
    if b == nil or a ~= nil and not (a < b) then
      values[#values + 1], ranks[#ranks + 1] = left.values[from_left], a
      from_left = from_left + 1
    else
      values[#values + 1], ranks[#ranks + 1] = right.values[from_right], b
      from_right = from_right + 1
    end
  end
  return { values = values, ranks = ranks }
end

--- The `count` largest records, largest first.
function reducers.top(count)
  if math.type(count) ~= "integer" or count < 1 then core.fail "top takes how many: top:10, or pmap.top(10)" end
  return reducer {
    lift = function(value) return { values = { value }, ranks = { rank(value) } } end,
    merge = function(left, right) return merged(left, right, count) end,
    finish = function(total) return total and total.values end,
  }
end

-- ---- Distinct values ----

--- How many different values there are: strings by their bytes, numbers by value.
reducers.distinct = reducer {
  lift = function(value)
    local kind = type(value)
    if kind ~= "string" and kind ~= "number" and kind ~= "boolean" or value ~= value then
      core.fail(("distinct takes strings, numbers and booleans, not %s"):format(kind == "number" and "nan" or kind))
    end
    return { [value] = true }
  end,
  merge = function(left, right)
    for value in pairs(right) do left[value] = true end
    return left
  end,
  finish = function(total)
    local count = 0
    for _ in pairs(total or {}) do count = count + 1 end
    return count
  end,
}

-- ---- Quantiles ----

-- A merging t-digest: Dunning, Ertl: Computing extremely accurate quantiles using t-digests, 2019; with the scale function k1. A
-- number alone is itself; several are { means, weights, how many, the least, the largest }, by their means.
local compression <const> = 200
local most_centroids <const> = 4 * compression

local function digest_of(state)
  if type(state) == "table" then return state end
  return { { state }, { 1 }, 1, state, state }
end

local function merge_sorted(left, right)
  local means, weights = {}, {}
  local a, b = 1, 1
  for place = 1, #left[1] + #right[1] do
    local x, y = left[1][a], right[1][b]
    if y == nil or x ~= nil and x <= y then
      means[place], weights[place] = x, left[2][a]
      a = a + 1
    else
      means[place], weights[place] = y, right[2][b]
      b = b + 1
    end
  end
  return means, weights
end

-- How much of the values may lie below the end of a centroid that begins at `q`.
local function limit(q)
  local k = compression / (2 * math.pi) * math.asin(2 * q - 1) + 1
  if k >= compression / 4 then return 1 end
  return (math.sin(k * 2 * math.pi / compression) + 1) / 2
end

local function compressed(means, weights, count)
  local new_means, new_weights = { means[1] }, { weights[1] }
  local last, below = 1, 0
  local most = count * limit(0)
  for place = 2, #means do
    local weight = new_weights[last] + weights[place]
    if below + weight <= most then
      new_means[last] = new_means[last] + (means[place] - new_means[last]) * weights[place] / weight
      new_weights[last] = weight
    else
      below = below + new_weights[last]
      most = count * limit(below / count)
      last = last + 1
      new_means[last], new_weights[last] = means[place], weights[place]
    end
  end
  return new_means, new_weights
end

-- The value below which a share `q` of the values lies; between two centroids on the line from one to the other.
local function quantile(digest, q)
  local means, weights, count = digest[1], digest[2], digest[3]
  local target, below = q * count, 0
  local left_mean, left_rank = means[1], 0.5
  if q == 0 then return digest[4] end
  if q == 1 then return digest[5] end
  if target <= 0.5 or #means == 1 then return means[1] end
  for place = 1, #means do
    local middle = below + weights[place] / 2
    if target <= middle then
      if middle == left_rank then return means[place] end
      return left_mean + (means[place] - left_mean) * (target - left_rank) / (middle - left_rank)
    end
    left_mean, left_rank = means[place], middle
    below = below + weights[place]
  end
  return means[#means]
end

--- Quantiles, about: a list of them, or one alone. Up to 800 values they are exact, of more the rank is off by less than 1 %.
function reducers.quantiles(...)
  local shares = { ... }
  if #shares == 0 then core.fail "quantiles takes numbers from 0 to 1: quantiles:0.5,0.95" end
  for _, share in ipairs(shares) do
    if type(share) ~= "number" or not (share >= 0 and share <= 1) then
      core.fail "quantiles takes numbers from 0 to 1: quantiles:0.5,0.95"
    end
  end
  return reducer {
    lifting = "number",
    lift = place,
    merge = function(left, right)
      left, right = digest_of(left), digest_of(right)
      local means, weights = merge_sorted(left, right)
      local count = left[3] + right[3]
      if #means > most_centroids then
        means, weights = compressed(means, weights, count)
      end
      return { means, weights, count, math.min(left[4], right[4]), math.max(left[5], right[5]) }
    end,
    finish = function(total)
      if total == nil then return nil end
      local digest, found = digest_of(total), {}
      for place, share in ipairs(shares) do found[place] = quantile(digest, share) end
      return #found == 1 and found[1] or found
    end,
  }
end

-- ---- Side by side ----

local most_in_c <const> = 64 -- pmap_most_reducers

-- How C joins, and lifts, what all of these do; nil where one is not done there.
local function in_c(parts)
  local joins, lifting = {}, "one"
  if #parts > most_in_c then return nil end
  for place, part in ipairs(parts) do
    if part.join == nil then return nil end
    joins[place] = part.join
    if part.lifting == "number" then lifting = "number" end
  end
  return table.concat(joins, ","), lifting
end

-- Several ready reducers, which all get a record; of a list of as many values as there are reducers each gets its own. What
-- they come to is a list, in which null is nothing.
local function side_by_side(parts)
  local join, lifting = in_c(parts)
  local function finished(total)
    local found = {}
    for place, part in ipairs(parts) do
      local value = total and total[place]
      if part.finish then value = part.finish(value) end
      found[place] = value
    end
    return found
  end
  return reducer {
    join = join,
    lifting = lifting,
    lift = function(value)
      local count = type(value) == "table" and #value or 0
      if join and count > 1 and count ~= #parts then
        core.fail(("%d values for %d reducers; return one for all of them, or one for each"):format(count, #parts))
      end
      local states = {}
      for place, part in ipairs(parts) do
        local own = value
        if count == #parts then own = value[place] end
        states[place] = part.lift(own)
      end
      return states
    end,
    merge = function(left, right)
      for place, part in ipairs(parts) do left[place] = part.merge(left[place], right[place]) end
      return left
    end,
    finish = function(total)
      local found, null = finished(total), require("pmap").null
      for place = 1, #parts do
        if found[place] == nil then found[place] = null end
      end
      return found
    end,
    row = function(total) return table.unpack(finished(total), 1, #parts) end,
  }
end

-- ---- What a script and the command line say ----

--- The names of the ready reducers.
reducers.ready = { "count", "sum", "min", "max", "mean", "variance", "distinct", "top", "quantiles" }

local function ready_reducer(name)
  for _, known in ipairs(reducers.ready) do
    if name == known then return reducers[name] end
  end
end

-- The ready reducer of a name, and of what stands behind a colon.
local function made(text, name, parameters)
  local found = ready_reducer(name)
  if parameters == nil then
    if type(found) == "function" then return found() end
    return found
  end
  if type(found) ~= "function" then
    core.fail(("%s: %s"):format(text, found and "write " .. name .. " alone" or "no reducer has that name"))
  end
  local numbers = {}
  for word in (parameters .. ","):gmatch "([^,]*)," do
    numbers[#numbers + 1] = tonumber(word) or core.fail(("%s: '%s' is no number"):format(text, word))
  end
  return found(table.unpack(numbers))
end

local function take_apart(text)
  local name, parameters = text:match "^%s*(%a+)%s*:(.*)$"
  return name or text:match "^%s*([%a_][%w_.]*)%s*$", parameters
end

-- `sum,quantiles:0.5,0.95` as its names with what stands behind them: a name begins with a letter, and a number does not. Nil
-- where there is one alone, or none that is ready.
local function names_of(text)
  local names, is_ready = {}, false
  for part in (text:gsub(",(%s*[%a_])", "\0%1")):gmatch "[^\0]+" do
    local name = take_apart(part)
    if name == nil then return nil end
    is_ready = is_ready or ready_reducer(name) ~= nil
    names[#names + 1] = part
  end
  return is_ready and #names > 1 and names or nil
end

--- The ready reducer that `text` names, as `sum` or `top:10`, or several as `sum,mean`; the function or reducer that is a global
--- of that name; nil for other text, which is an expression.
function reducers.named(text)
  local names = names_of(text)
  if names then
    local parts = {}
    for place, part in ipairs(names) do
      parts[place] = made(part, take_apart(part))
        or core.fail(("%s: no reducer has that name; write %s"):format(part, table.concat(reducers.ready, ", ")))
    end
    return side_by_side(parts)
  end
  local name, parameters = take_apart(text)
  if name == nil or name == "a" or name == "b" or name == "nil" or name == "true" or name == "false" then return nil end
  local found = made(text, name, parameters)
  if found == nil then
    found = _G
    for part in name:gmatch "[^.]+" do found = type(found) == "table" and found[part] or nil end
  end
  if found == nil then
    core.fail(("%s: no reducer, and no function, has that name; write %s, or an expression of a and b"):format(
      name, table.concat(reducers.ready, ", ")))
  end
  return found
end

-- The values of one key as a list, where nothing joins them.
local lists = {
  lift = function(value) return { value } end,
  merge = function(left, right) return table.move(right, 1, #right, #left + 1, left) end,
}

--- A table whose `pairs` goes through the keys in their order.
local function groups(keys, values, finish)
  local found = {}
  for place, key in ipairs(keys) do
    local value = values[place]
    if finish then value = finish(value) end
    found[key] = value
  end
  return setmetatable(found, {
    __pairs = function(table)
      local place = 0
      return function()
        place = place + 1
        if keys[place] ~= nil then return keys[place], rawget(table, keys[place]) end
      end
    end,
  })
end

local function is_function(value)
  local meta = getmetatable(value)
  return type(value) == "function" or type(meta) == "table" and meta.__call ~= nil
end

-- A function, a reducer, or a list of ready ones, as a reducer; nil joins what comes in lists.
local function reducer_of(reduce)
  if reduce == nil then return lists end
  if reduce == reducers.top or reduce == reducers.quantiles then
    core.fail "write what it takes: reduce = pmap.top(10), or pmap.quantiles(0.5)"
  end
  if is_function(reduce) then return { merge = reduce } end
  if type(reduce) == "table" and reduce.merge == nil and #reduce > 0 then
    for _, part in ipairs(reduce) do
      if getmetatable(part) ~= Reducer then core.fail "a list in reduce has ready reducers, as { pmap.sum, pmap.top(10) }" end
    end
    return #reduce == 1 and reduce[1] or side_by_side(reduce)
  end
  if type(reduce) ~= "table" or not is_function(reduce.merge) then
    core.fail "reduce is a function of two values, or { lift = …, merge = …, finish = … }"
  end
  for _, name in ipairs { "lift", "finish" } do
    if reduce[name] ~= nil and not is_function(reduce[name]) then core.fail(("reduce.%s is a function"):format(name)) end
  end
  return reduce
end

--- What `reduce` (a function, a reducer, a list of them or nil), `finish` and keys come to: how values are joined, the names of
--- what does that in C, what is done with a record first and how that is done in C, and the function of the total that makes the
--- output.
function reducers.plan(reduce, finish, by_key)
  local plan = reducer_of(reduce)
  local is_ready = getmetatable(plan) == Reducer
  local finished = plan.finish or function(total) return total end
  local row = is_ready and plan.row or finished
  local output
  if by_key then
    local function all_groups(both) return finish(groups(both[1], both[2], plan.finish)) end
    local function group(pair) return pair[1], row(pair[2]) end
    output = finish and all_groups or group
  else
    output = finish and function(total) return finish(finished(total)) end or row
  end
  return plan.merge, is_ready and plan.join or "", plan.lift, plan.lift and (is_ready and plan.lifting or "call") or "nothing",
    output
end

-- ---- pmap.map ----

--- What a function has returned, as a key and the value to be joined, in a list; nil where it is nothing but nil.
function reducers.record(has_value, key, ...)
  local values, is_nothing = table.pack(...), key == nil
  for place = 1, values.n do is_nothing = is_nothing and values[place] == nil end
  if is_nothing then return nil end
  if key == nil and type(values[1]) == "string" then error(values[1], 0) end
  local null = require("pmap").null
  local kind = type(key)
  if kind ~= "string" and kind ~= "number" and kind ~= "boolean" then
    core.fail("a key is a string, a number or a boolean, not " .. (key == null and "null" or kind))
  end
  if key ~= key then core.fail "a key is not nan" end
  if values.n == 0 and has_value then core.fail "the record has a key and no value; return key, value" end
  if values.n < 2 then return { key, values[1] } end
  for place = 1, values.n do
    if values[place] == nil then values[place] = null end
  end
  values.n = nil
  return { key, values }
end

--- A function that returns the record of what `f` returns.
function reducers.keyed(f, reduce)
  local has_value = reduce ~= reducers.count
  return function(...) return require("pmap.reducers").record(has_value, f(...)) end
end

-- How many bits two numbers have up to the highest one in which they differ.
local function level(left, right)
  local bits, different = 0, (left - 1) ~ (right - 1)
  while different > 0 do
    bits, different = bits + 1, different >> 1
  end
  return bits
end

local ranks = { boolean = 1, number = 2, string = 3 }

local function precedes(left, right)
  local kind, other = type(left), type(right)
  if kind ~= other then return ranks[kind] < ranks[other] end
  if kind == "boolean" then return right and not left end
  return left < right
end

--- A function of a list, of values or of records with keys: what they come to, joined as those of items with the same numbers.
function reducers.joining(reduce, by_key)
  local merge, _, lift, _, last = reducers.plan(reduce, function(all) return all end, by_key)

  local function new_stack() return { top = 0, values = {}, firsts = {}, ends = {} } end

  local function join_top(stack)
    local top, values, firsts, ends = stack.top, stack.values, stack.firsts, stack.ends
    local value = merge(values[top - 1], values[top])
    if value == nil then core.fail "reduce has returned nil; return the two values joined into one" end
    values[top - 1], values[top], firsts[top], ends[top - 1], ends[top] = value, nil, nil, ends[top], nil
    stack.top = top - 1
  end

  local function add(stack, place, value)
    local firsts, ends = stack.firsts, stack.ends
    while stack.top > 1 and level(ends[stack.top - 1], firsts[stack.top]) < level(ends[stack.top], place) do
      join_top(stack)
    end
    if lift then value = lift(value) end
    local top = stack.top + 1
    stack.top, stack.values[top], firsts[top], ends[top] = top, value, place, place
  end

  local function total(stack)
    while stack.top > 1 do join_top(stack) end
    return stack.values[1]
  end

  return function(list)
    local all, stacks, keys = new_stack(), {}, {}
    for place = 1, list.n or #list do
      local value = list[place]
      if value ~= nil and by_key then
        local key = value[1]
        if math.type(key) == "float" then key = math.tointeger(key) or key end
        if stacks[key] == nil then
          keys[#keys + 1] = key
          stacks[key] = new_stack()
        end
        add(stacks[key], place, value[2])
      elseif value ~= nil then
        add(all, place, value)
      end
    end
    if not by_key then return last(total(all)) end
    table.sort(keys, precedes)
    local values = {}
    for place, key in ipairs(keys) do values[place] = total(stacks[key]) end
    return last { keys, values }
  end
end

return reducers
