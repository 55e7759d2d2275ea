-- A parallel crawler, and the small web it crawls.
--
-- The web is an HTTP server in processes of its own, made with LuaSocket; each of its pages takes a moment. The
-- crawler's workers fetch pages and find their links. The list of pages that are known is the script's alone: workers
-- return links, and the script decides which are new. If the workers shared that list, two could fetch the same page
-- at the same time.
--
-- The pages of one round are fetched four at a time, so that their waiting times pass together. A page that is
-- missing is an answer, no reason to stop.

local mp = require "multiprocessing"
local http = require "socket.http"
local socket = require "socket"

local pages = {
  ["/"] = { title = "Home", "/birds", "/fish", "/trees" },
  ["/birds"] = { title = "Birds", "/", "/birds/owl", "/birds/wren" },
  ["/birds/owl"] = { title = "Owl", "/birds", "/trees" },
  ["/birds/wren"] = { title = "Wren", "/birds" },
  ["/fish"] = { title = "Fish", "/", "/fish/cod" },
  ["/trees"] = { title = "Trees", "/", "/birds" },
}

local function serve(listener)
  while true do
    local client = listener:accept()
    local path = client:receive "*l":match "^GET (%S+)"
    repeat local header = client:receive "*l" until not header or header == ""
    local page = pages[path]
    local status, body = "404 Not Found", "nothing here"
    if page then status, body = "200 OK", "<h1>" .. page.title .. "</h1>" end
    for _, link in ipairs(page or {}) do
      body = body .. ('<a href="%s">'):format(link)
    end
    pmap.sleep(0.01)
    client:send(("HTTP/1.0 %s\r\nContent-Length: %d\r\n\r\n%s"):format(status, #body, body))
    client:close()
  end
end

local listener = assert(socket.bind("127.0.0.1", 0))
local host, port = listener:getsockname()
for _ = 1, 4 do
  mp.Process({ target = serve, args = { listener }, daemon = true }):start()
end

local function fetch(path)
  local body, status = http.request(("http://%s:%d%s"):format(host, port, path))
  if status ~= 200 then return { path = path, status = status, links = {} } end
  local links = {}
  for link in body:gmatch 'href="(.-)"' do
    links[#links + 1] = link
  end
  return { path = path, status = status, title = body:match "<h1>(.-)</h1>", links = links }
end

local pool <close> = mp.Pool(4)
local known, round, depth = { ["/"] = true }, { "/" }, 0
while #round > 0 do
  local next_round = {}
  for _, page in pool:imap(fetch, round) do
    print(("%s%s: %s"):format(("  "):rep(depth), page.path, page.title or "status " .. tostring(page.status)))
    for _, link in ipairs(page.links) do
      if not known[link] then
        known[link] = true
        next_round[#next_round + 1] = link
      end
    end
  end
  round, depth = next_round, depth + 1
end
