--- Lists: the items and the results of pools.
local core = require "_multiprocessing"
local arguments = require "multiprocessing.arguments"
local class = require "multiprocessing.class"
local shown = require "multiprocessing.shown"

local lists = {}

-- Refuses a table whose values are not at 1, 2, 3: it is no empty list.
local function check_places(items, count)
  local key = next(items)
  if count > 0 or key == nil or (getmetatable(items) or {}).__len then return end
  core.fail(("items are a list: { first, second }; this table has nothing at 1, but has the key %s"):format(
    arguments.shown(key)))
end

local function length(items) return #items end

--- A list and its length: the table itself, or a new one of what an iterator or a range gives.
function lists.as_list(items)
  local meta = getmetatable(items)
  local is_list = meta and meta.__call and class.forbids_call(meta) and pcall(length, items)
  if type(items) == "function" or (meta and meta.__call and not is_list) then
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

-- Results by place; `n` is how many there are, so that those that are nil count.
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

function Results:__tostring() return shown.table(table.move(self, 1, self.n, 1, {}), self.n) end

function Results:__pairs() return next_result, self end

--- A source of items, from which no more are read than are needed soon: a function of a place that returns whether there is
--- an item, and the item. Then, if it is known, how many there are, and of a plain list that list itself.
function lists.item_source(items)
  local meta = getmetatable(items)
  if type(items) == "function" then
    return function()
      local item = items()
      return item ~= nil, item
    end
  end
  local is_callable = meta and meta.__call and not class.forbids_call(meta)
  if is_callable and (class.noun(items) or not meta.__len) then -- in a class of these modules `#` is an error
    local before
    return function()
      before = items(nil, before)
      return before ~= nil, before
    end
  end
  if is_callable or (meta and meta.__index) then
    local count = #items
    if not is_callable then check_places(items, count) end
    return function(place) return true, items[place] end, count
  end
  local list, count = lists.as_list(items)
  return function(place) return true, list[place] end, count, list
end

--- A source of the values of several lists at each place, up to the end of the shortest.
function lists.zipped(all)
  local sources, count = {}, nil
  for index, items in ipairs(all) do
    local source, known = lists.item_source(items)
    sources[index] = source
    if known then count = math.min(count or known, known) end
  end
  return function(place)
    local values = { n = #sources }
    for index, source in ipairs(sources) do
      local is_there, value = source(place)
      if not is_there then return false end
      values[index] = value
    end
    return true, values
  end, count
end

return lists
