--- Lists as they go into calls of pools and come out of them.
local core = require "_multiprocessing"
local arguments = require "multiprocessing.arguments"

local lists = {}

-- A table whose values stand elsewhere than at 1, 2, 3 is no empty list.
local function check_places(items, count)
  local key = next(items)
  if count > 0 or key == nil or (getmetatable(items) or {}).__len then return end
  core.fail(("items are a list: { first, second }; this table has nothing at 1, but has the key %s"):format(
    arguments.shown(key)))
end

--- A list as it is; what an iterator gives, or a range, as one.
function lists.as_list(items)
  local meta = getmetatable(items)
  if type(items) == "function" or (meta and meta.__call) then
    local list, count = {}, 0
    for item in items do
      count = count + 1
      list[count] = item
    end
    return list, count
  end
  if type(items) ~= "table" then core.fail("items are a list, an iterator or a pmap.range, not a " .. type(items)) end
  if meta and meta.__index then
    local list = {}
    for place = 1, #items do list[place] = items[place] end
    check_places(items, #items)
    return list, #items
  end
  if math.type(items.n) == "integer" then
    if items.n < 0 or items.n >= 1 << 31 then core.fail("a list has 0 to 2147483647 items, not n = " .. items.n) end
    return items, items.n
  end
  check_places(items, #items)
  return items, #items
end

-- Results by place, of which `n` says how many there are, so that those that are nil count.
local Results = { __name = "results" }
lists.Results = Results
function Results:__len() return math.max(self.n, rawlen(self)) end

function Results:__newindex(place, value)
  rawset(self, place, value)
  if math.type(place) == "integer" and place > self.n then self.n = place end
end

local function next_result(results, place)
  local key, value = next(results, place)
  if key == "n" then return next(results, key) end
  return key, value
end

function Results:__pairs() return next_result, self end

--- An iterator over the items, so that no more are taken than are needed soon.
function lists.item_source(items)
  if type(items) == "function" then return items end
  local list, count = lists.as_list(items)
  local place = 0
  return function()
    if place < count then
      place = place + 1
      return list[place]
    end
  end
end

--- Lists side by side: of each place the values of all of them, up to the end of the shortest.
function lists.zipped(all)
  local sources = {}
  for place, items in ipairs(all) do sources[place] = lists.item_source(items) end
  return function()
    local values = {}
    for place, source in ipairs(sources) do
      values[place] = source()
      if values[place] == nil then return nil end
    end
    return values
  end
end

return lists
