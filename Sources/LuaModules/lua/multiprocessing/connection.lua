--- Pipes: two ends, each of which receives what the other sends.
local core = require "_multiprocessing"
local arguments = require "multiprocessing.arguments"
local class = require "multiprocessing.class"

local connection = {}

local Connection = {}
connection.Connection = Connection

-- The handles that were closed: an end is closed for a process once, however many copies of it that has.
local closed = setmetatable({}, { __mode = "k" })

local function is_closed(self) return closed[self._handle] or false end

local function check_open(self)
  if is_closed(self) then core.fail("the connection is closed") end
end

--- Sends a copy of `value`: true, or `nil, "closed"` when nobody has the other end any more.
function Connection:send(value)
  check_open(self)
  return core.send(self._handle, value)
end

--- The next value: it, or `nil, "timeout"`, or `nil, "closed"` after the last one, when nobody has the other end.
function Connection:recv(...)
  check_open(self)
  return core.recv(self._handle, ...)
end

--- Sends a string, or a part of it: from `offset`, counted from 0, `size` bytes.
function Connection:send_bytes(bytes, offset, size)
  if type(bytes) ~= "string" then core.fail("send_bytes takes a string, not a " .. type(bytes) .. "; send takes any value") end
  offset = offset or 0
  if offset < 0 or offset > #bytes then core.fail("offset " .. offset .. " is outside the string") end
  size = size or #bytes - offset
  if size < 0 or size > #bytes - offset then core.fail("size " .. size .. " is outside the string") end
  return self:send(bytes:sub(offset + 1, offset + size))
end

function Connection:recv_bytes(maximum)
  local bytes, reason = self:recv()
  if maximum and bytes and #bytes > maximum then core.fail("a message of " .. #bytes .. " bytes, where at most " .. maximum .. " are wanted") end
  return bytes, reason
end

--- Whether something can be received, within `timeout` seconds (0).
function Connection:poll(timeout)
  check_open(self)
  if timeout == nil then timeout = false end
  return #core.wait({ self._handle }, timeout) > 0
end

--- Closes this process's end.
function Connection:close()
  if is_closed(self) then return end
  closed[self._handle] = true
  core.end_close(self._handle)
end

function Connection:__close() self:close() end
function Connection:__tostring() return ("Connection(%s)"):format(is_closed(self) and "closed" or "open") end
function Connection.__eq(a, b) return rawequal(a._handle, b._handle) end
class.seal(Connection, "connection", {
  closed = is_closed,
  readable = function(self)
    check_open(self)
    return (select(2, core.directions(self._handle)))
  end,
  writable = function(self)
    check_open(self)
    return (core.directions(self._handle))
  end,
}, { values = "connection:recv(), which returns nil and a reason at the end", call = "connection:recv()" })

--- Two ends; after `mp.Pipe(false)` the first receives and the second sends.
function connection.Pipe(duplex)
  if duplex ~= nil and type(duplex) ~= "boolean" then
    core.fail(("duplex is true or false, not a %s; write mp.Pipe(false)"):format(type(duplex)))
  end
  local first, second = core.pipe(duplex ~= false)
  return setmetatable({ _handle = first }, Connection), setmetatable({ _handle = second }, Connection)
end

--- Those of a list of connections, queues and processes that have something to be received, or have ended.
function connection.wait(list, timeout)
  if type(list) ~= "table" or rawget(list, "_handle") or rawget(list, "_pid") then
    core.fail "wait takes a list: mp.wait({ connection, queue, process })"
  end
  local sources = {}
  for place, each in ipairs(list) do
    local source = type(each) == "number" and each or type(each) == "table" and (each._handle or each._pid)
    if type(each) == "table" and (each._closed or each._handle and is_closed(each)) then core.fail("wait takes nothing that is closed") end
    if not source then core.fail("wait takes connections, queues and processes that were started") end
    sources[place] = source
  end
  if #sources == 0 and (timeout == nil or timeout == true) then
    core.fail "wait was given an empty list and no timeout: it would never end"
  end
  local ready = core.wait(sources, timeout)
  for place, source in ipairs(ready) do ready[place] = list[source] end
  return ready
end

return connection
