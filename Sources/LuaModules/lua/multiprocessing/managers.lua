--- Managers: processes that own tables, which other processes read and change through proxies.
local core = require "_multiprocessing"
local arguments = require "multiprocessing.arguments"
local class = require "multiprocessing.class"
local errors = require "multiprocessing.errors"
local lists = require "multiprocessing.lists"
local process = require "multiprocessing.process"
local queues = require "multiprocessing.queues"
local sharedctypes = require "multiprocessing.sharedctypes"
local shown = require "multiprocessing.shown"
local synchronize = require "multiprocessing.synchronize"

local managers = {}

local Manager, Dict, List, Namespace = {}, {}, {}, {}
managers.Manager, managers.Dict, managers.List, managers.Namespace = Manager, Dict, List, Namespace

-- The key of a proxy's own data: another one could hide one of the table's.
local hidden = { __name = "proxy" }
managers.hidden = hidden

-- ---- In the manager ----

-- The objects that this process owns as a manager, by their numbers.
local owned, owner_requests

-- Raises an error of the line that asks, which is in another process.
local function refuse(message) error(errors.new { kind = "misuse", message = message }, 0) end

local function target(id)
  local object = owned[id]
  if object == nil then refuse "the object is not the manager's any more" end
  return object
end

-- A place from 1 to `last`, which negative ones count from the end.
local function list_place(list, place, last)
  if math.type(place) ~= "integer" then
    place = type(place) == "number" and math.tointeger(place)
      or refuse("a list's places are integers, not " .. arguments.shown(place))
  end
  local counted = place < 0 and #list + 1 + place or place
  if counted < 1 or counted > last then
    refuse(("place %d is outside the list, which has 1 to %d"):format(place, #list))
  end
  return counted
end

local operations = {}

function operations.make(_, kind, content)
  local id = #owned + 1
  owned[id] = content
  return id
end

function operations.get(id, key) return target(id)[key] end
function operations.set(id, key, value) target(id)[key] = value end
function operations.length(id) return #target(id) end
function operations.copy(id) return target(id) end

function operations.update(id, key, f, ...)
  local object = target(id)
  local value = f(object[key], ...)
  object[key] = value
  return value
end

-- The place behind the last one is nil, which is where ipairs ends.
function operations.list_get(id, place) return target(id)[list_place(target(id), place, #target(id) + 1)] end

function operations.list_set(id, place, value)
  local list = target(id)
  list[list_place(list, place, #list + 1)] = value
end

function operations.append(id, ...)
  local list = target(id)
  for place = 1, select("#", ...) do list[#list + 1] = (select(place, ...)) end
end

function operations.extend(id, values)
  local list = target(id)
  table.move(values, 1, #values, #list + 1, list)
end

function operations.insert(id, place, value)
  table.insert(target(id), list_place(target(id), place, #target(id) + 1), value)
end

function operations.pop(id, place)
  return table.remove(target(id), place and list_place(target(id), place, #target(id)))
end

function operations.sort(id, before) table.sort(target(id), before) end

function operations.reverse(id)
  local list = target(id)
  for place = 1, #list // 2 do
    list[place], list[#list + 1 - place] = list[#list + 1 - place], list[place]
  end
end

function operations.count(id, value)
  local count = 0
  for _, each in ipairs(target(id)) do if each == value then count = count + 1 end end
  return count
end

function operations.clear(id)
  local object = target(id)
  for key in pairs(object) do object[key] = nil end
end

-- Runs an operation: its result, or nil and its failure. Errors of the script's functions are raised as they are; all others
-- are errors of the line that asks.
local function operate(op, id, ...)
  local done, value = xpcall(operations[op], errors.capture, id, ...)
  if done then return value end
  local runs_script = op == "update" or op == "sort" and ... ~= nil
  if not runs_script then value = errors.new { kind = "misuse", message = value.message:gsub("^%[[%w.]+%]:%d+: ", "") } end
  return nil, value
end

local function raise(failure)
  if failure.kind == "misuse" then core.fail(failure.message) end
  error(failure, 0)
end

--- Answers requests until the queue of them is closed.
local function serve(requests)
  owned, owner_requests = {}, requests
  while true do
    local request, reason = core.get(requests)
    if reason then return end
    local value, failure = operate(request.op, request.id, table.unpack(request, 1, request.n))
    local answer = { value = value, failure = failure }
    local sent, message = pcall(core.put, request.reply, answer)
    if not sent then core.put(request.reply, { failure = errors.new { kind = "unsendable", message = message } }) end
    core.task_done(requests)
  end
end

-- ---- In the others ----

-- The channel for answers to this process; a fork must not read its parent's.
local reply, reply_owner

local function ask(requests, pid, op, id, ...)
  if owned and requests == owner_requests then
    local value, failure = operate(op, id, ...)
    if failure then raise(failure) end
    return value
  end
  if reply_owner ~= core.getpid() then reply = core.channel(0, "replies") end
  local reply = reply
  reply_owner = nil -- an answer that is not waited for to its end must not be taken for the next one
  local request = { reply = reply, op = op, id = id, n = select("#", ...), ... }
  local sent, put, reason = pcall(core.put, requests, request)
  if not sent then error((put:gsub(" at value%[" .. request.n .. "%]", " at value")), 0) end
  local answer
  if put then answer, reason = core.get_while(reply, pid) end
  reply_owner = core.getpid()
  if not answer then
    error(errors.new { kind = "crash", message = reason == "closed" and "the manager has ended" or "the manager: " .. reason }, 0)
  end
  if answer.failure then raise(answer.failure) end
  return answer.value
end

local function call(proxy, op, ...)
  local of = type(proxy) == "table" and rawget(proxy, hidden)
  if not of then core.fail("write it with a manager's dict, list or namespace, not a " .. type(proxy)) end
  return ask(of.requests, of.pid, op, of.id, ...)
end

local function proxy(manager, kind, content)
  if not manager._pid then core.fail("the manager was shut down") end
  local id = ask(manager._requests, manager._pid, "make", nil, kind, content)
  return setmetatable({ [hidden] = { requests = manager._requests, pid = manager._pid, id = id } }, managers[kind])
end

local function same(a, b)
  a, b = rawget(a, hidden), rawget(b, hidden)
  return a.id == b.id and a.pid == b.pid
end

--- Iterates over a copy: changes meanwhile are not seen.
local function copied_pairs(self) return next, call(self, "copy") end

local function check_key(key)
  if key == nil or key ~= key then core.fail((key == nil and "nil" or "nan") .. " is no key") end
end

Dict.__name = "dict"
function Dict:__index(key) return call(self, "get", key) end

function Dict:__newindex(key, value)
  check_key(key)
  call(self, "set", key, value)
end

-- The content as text; the error's text when the manager has ended.
local function content_text(self, name, text)
  local got, content = pcall(call, self, "copy")
  return got and text(content) or ("%s(%s)"):format(name, tostring(content))
end

Dict.__pairs, Dict.__eq = copied_pairs, same
function Dict:__tostring() return content_text(self, "dict", shown.table) end
function Dict:__len() return call(self, "length") end

Namespace.__name = "namespace"
Namespace.__index, Namespace.__newindex, Namespace.__pairs, Namespace.__eq = Dict.__index, Dict.__newindex, copied_pairs, same
function Namespace:__tostring()
  return content_text(self, "Namespace", function(content) return shown.object("Namespace", content) end)
end

local to_read = "for key, value in pairs(dict) do"
class.refuse(Dict, "dict", {}, { call = to_read, values = to_read })
class.refuse(Namespace, "namespace", {}, { call = "namespace.key" })

--- The methods of a list; its places are read and set like a table's, from the end if they are negative.
for _, name in ipairs { "append", "extend", "insert", "pop", "sort", "reverse", "count", "clear" } do
  List[name] = function(self, ...) return call(self, name, ...) end
end
class.seal(List, "list", nil, {
  call = "for place, value in ipairs(list) do", values = "for place, value in ipairs(list) do", remove = "list:pop(place)",
})
function List:__index(key)
  if type(key) == "number" then return call(self, "list_get", key) end
  return List[key]
end
function List:__tostring() return content_text(self, "list", shown.table) end
function List:__newindex(place, value) call(self, "list_set", place, value) end
List.__pairs, List.__eq = copied_pairs, same
function List:__len() return call(self, "length") end

--- Runs `f` on the value of a key in the manager, atomically; its result is the new value.
function managers.update(dict, key, f, ...)
  check_key(key)
  arguments.check_function(f, "update(dict, key, f): f")
  return call(dict, "update", key, f, ...)
end

--- A copy of the content, as a table of this process.
function managers.copy(dict) return call(dict, "copy") end

-- ---- The manager itself ----

local function content_of(value)
  local content = {}
  for key, each in pairs(value or {}) do content[key] = each end
  return content
end

function Manager:dict(content) return proxy(self, "Dict", content_of(content)) end

function Manager:list(content)
  if getmetatable(content) == List then content = managers.copy(content) end
  local list, count = lists.as_list(content == nil and {} or content)
  return proxy(self, "List", table.move(list, 1, count, 1, {}))
end

function Manager:Namespace(content) return proxy(self, "Namespace", content_of(content)) end

-- Objects in shared memory, which need no proxy.
for name, make in pairs {
  Queue = queues.new, JoinableQueue = queues.new, Lock = synchronize.new_lock, RLock = synchronize.new_rlock,
  Semaphore = synchronize.new_semaphore, BoundedSemaphore = synchronize.new_bounded_semaphore,
  Condition = synchronize.new_condition, Event = synchronize.new_event, Barrier = synchronize.new_barrier,
  Value = sharedctypes.new_value, Array = sharedctypes.new_array,
} do
  Manager[name] = function(_, ...) return make(...) end
end

--- Ends the manager's process; what it owns is gone.
function Manager:shutdown()
  if not self._pid then return end
  core.channel_close(self._requests)
  self._process:join()
  self._pid = nil
end

function Manager:__close() self:shutdown() end
function Manager:__tostring() return ("Manager(%s)"):format(self._pid and "running" or "shut down") end
class.seal(Manager, "manager", { pid = function(self) return rawget(self, "_pid") end })

--- Starts a manager.
function managers.new(...)
  arguments.check_none("mp.Manager", ...)
  local requests = core.channel(0, "requests")
  local server = process.new { target = serve, args = { requests }, name = "Manager", daemon = true }
  server:start()
  return setmetatable({ _requests = requests, _process = server, _pid = server.pid }, Manager)
end

return managers
