-- What went wrong on a web server: the failed requests of an access log, as JSON.
-- requests-made-up.log is not a real log: a program made it, with addresses that belong to nobody.

local months = {}
for number, name in ipairs { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" } do
  months[name] = number -- built once, before any worker exists; all of them share it
end

local combined = '^(%S+) %S+ %S+ %[(%d+)/(%a+)/(%d+):(%S+) [^%]]*%] "(%u+) (%S+)[^"]*" (%d+) (%S+) "[^"]*" "([^"]*)"$'

local function task(line)
  local host, day, month, year, time, method, path, status, bytes, agent = line:match(combined)
  if not host then
    return nil, "not a line of the combined log format"
  end
  if tonumber(status) < 400 then
    return nil
  end
  return {
    host = host,
    time = ("%d-%02d-%02dT%s"):format(year, months[month], day, time),
    request = { method = method, path = path:gsub("%?.*", "") },
    status = math.tointeger(tonumber(status)),
    bytes = math.tointeger(tonumber(bytes)), -- nil for "-", and so left out
    robot = agent:lower():find("bot", 1, true) ~= nil,
  }
end

return { task = task, options = { to = "jsonl" } }
