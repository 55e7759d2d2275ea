--- Pipes and mp.wait, as in CPython's _TestConnection, _TestPoll and TestWait.
local expect = require "cases"
local cases = expect.cases
local mp = require "multiprocessing"
local equal, raises, soon, sleep = expect.equal, expect.raises, expect.soon, expect.sleep
local start = expect.start

--- The other end belongs to a process that sends back what it receives, until a nil.
local function echo()
  local ours, theirs = mp.Pipe()
  local process = start(function()
    ours:close()
    while true do
      local value, reason = theirs:recv()
      if reason or value == nil then break end
      theirs:send(value)
    end
    theirs:close()
  end)
  theirs:close()
  return ours, process
end

function cases.test_connection()
  local ours, process = echo()
  for _, value in ipairs { 1, 2.25, "text", { 1, 2.5, { "x" } }, "", ("x"):rep(1 << 20) } do
    equal(ours:send(value), true)
    equal(ours:recv(), value)
  end
  equal(ours:poll(), false)
  equal(ours:poll(-1), false)
  equal(ours:poll(0.01), false)
  ours:send(nil)
  process:join()
  equal(process.exitcode, 0)
  equal(ours:poll(), true)
  equal({ ours:recv() }, { nil, "closed" })
  equal({ ours:send(1) }, { nil, "closed" })
end

function cases.test_poll()
  local ours = echo()
  equal(ours:poll(0.01), false)
  ours:send "x"
  equal(ours:poll(20), true)
  equal(ours:poll(), true)
  equal(ours:recv(), "x")
  equal(ours:poll(), false)
  equal({ ours:recv(0) }, { nil, "timeout" })
  equal({ ours:recv(0.01) }, { nil, "timeout" })
  equal({ ours:recv(false) }, { nil, "timeout" })
  ours:close()
end

function cases.test_a_message_of_16_MB()
  local ours, process = echo()
  local big = ("0123456789abcdef"):rep(1 << 20)
  ours:send(big)
  equal(ours:recv() == big, true)
  ours:send(nil)
  process:join()
end

function cases.test_send_bytes()
  local a, b = mp.Pipe()
  local text = "abcdefghijklmnopqrstuvwxyz"
  for _, each in ipairs {
    { {}, text }, { { 5 }, text:sub(6) }, { { 7, 8 }, text:sub(8, 15) }, { { 26 }, "" }, { { 26, 0 }, "" },
  } do
    a:send_bytes(text, table.unpack(each[1]))
    equal(b:recv_bytes(), each[2])
  end
  for _, bad in ipairs { { 27 }, { 22, 5 }, { 26, 1 }, { -1 }, { 4, -1 } } do
    raises("outside the string", a.send_bytes, a, text, table.unpack(bad))
  end
  raises("send_bytes takes a string, not a number", a.send_bytes, a, 5)
  equal(b:poll(), false)
end

function cases.test_recv_bytes_too_long()
  local a, b = mp.Pipe()
  a:send_bytes "longer than five"
  raises("16 bytes, where at most 5", b.recv_bytes, b, 5)
end

function cases.test_duplex_false()
  local receiver, sender = mp.Pipe(false)
  equal(sender:send(1), true)
  equal(receiver:recv(), 1)
  equal(receiver.readable, true)
  equal(receiver.writable, false)
  equal(sender.readable, false)
  equal(sender.writable, true)
  raises("only receives", receiver.send, receiver, 2)
  raises("only sends", sender.recv, sender)
  raises("only sends", sender.poll, sender)
  raises("only sends", mp.wait, { sender })
end

function cases.test_spawn_close()
  local ours, process = echo()
  ours:send "hello"
  equal(ours:recv(), "hello")
  ours:send(nil)
  ours:close()
  process:join()
end

function cases.test_context()
  local kept
  do
    local a <close>, b = mp.Pipe()
    kept = a
    a:send(1729)
    equal(b:recv(), 1729)
    equal(a.closed, false)
  end
  equal(kept.closed, true)
  for _, method in ipairs { "send", "recv", "poll" } do raises("is closed", kept[method], kept, 1) end
  kept:close()
end

function cases.test_eof_after_close()
  local a, b = mp.Pipe()
  a:send "last"
  a:close()
  equal(b:recv(), "last")
  equal({ b:recv() }, { nil, "closed" })
  equal({ b:recv(false) }, { nil, "closed" })
  equal({ b:send(1) }, { nil, "closed" })
end

function cases.test_eof_after_collection()
  local a, b = mp.Pipe()
  a:send "last"
  a = nil
  collectgarbage()
  collectgarbage()
  equal(b:recv(), "last")
  equal({ b:recv() }, { nil, "closed" })
end

function cases.test_eof_after_death()
  local ours, theirs = mp.Pipe()
  local process = start(function()
    ours:close()
    theirs:send "ready"
    sleep(1000)
  end)
  theirs:close()
  equal(ours:recv(), "ready")
  process:kill()
  equal({ ours:recv() }, { nil, "closed" })
  process:join()
end

--- An end in a message that no process will receive is closed.
function cases.test_eof_after_a_lost_message()
  local receiver, sender = mp.Pipe(false)
  local queue = mp.Queue()
  queue:put { sender, sender }
  sender:close()
  equal(receiver:poll(0.05), false)
  queue:close()
  queue = nil
  collectgarbage()
  collectgarbage()
  equal({ receiver:recv(10) }, { nil, "closed" })

  receiver, sender = mp.Pipe(false)
  local left, right = mp.Pipe()
  left:send(sender)
  sender:close()
  left:close()
  equal(receiver:poll(0.05), false)
  right:close()
  equal({ receiver:recv(10) }, { nil, "closed" })
end

function cases.test_eof_after_the_death_of_a_receiver()
  local receiver, sender = mp.Pipe(false)
  local queue = mp.Queue()
  queue:put(sender)
  sender:close()
  local process = start(function()
    local got = queue:get()
    sleep(60)
    got:close()
  end)
  equal(receiver:poll(0.1), false)
  process:kill()
  equal({ receiver:recv(10) }, { nil, "closed" })
  process:join()
end

function cases.test_sender_waits_until_the_receiver_dies()
  local ours, theirs = mp.Pipe()
  local process = start(function()
    ours:close()
    sleep(1000)
  end)
  theirs:close()
  local killer = start(function()
    expect.asleep(mp.parent_process().pid)
    os.execute("kill -9 " .. process.pid)
  end)
  local sent, reason
  for _ = 1, 1000 do
    sent, reason = ours:send(("x"):rep(100000))
    if not sent then break end
  end
  equal({ sent, reason }, { nil, "closed" })
  killer:join()
  process:join()
end

function cases.test_empty_string()
  local a, b = mp.Pipe()
  equal(a:poll(), false)
  b:send ""
  equal(a:poll(), true)
  equal(a:poll(), true)
  equal(a:recv(), "")
  equal(a:poll(), false)
end

function cases.test_strings()
  local texts = { "hello", "", "a", "b", "", "bye", "", "lop" }
  local a, b = mp.Pipe()
  start(function()
    for _, each in ipairs(texts) do b:send(each) end
  end)
  for _, each in ipairs(texts) do
    equal(a:poll(20), true)
    equal(a:recv(), each)
  end
end

-- A poll in another process takes no part of a message.
function cases.test_boundaries()
  local a, b = mp.Pipe()
  local polls = start(function()
    for _ = 1, 100 do assert(a:poll(20)) end
  end)
  b:send(("x"):rep(1 << 19))
  b:send { "second" }
  polls:join()
  equal(polls.exitcode, 0)
  equal(#a:recv(), 1 << 19)
  equal(a:recv(), { "second" })
  equal(a:poll(), false)
end

function cases.test_dont_merge()
  local a, b = mp.Pipe()
  equal(a:poll(0), false)
  local process = start(function() for _, each in ipairs { "a", "b", "c" } do b:send(each) end end)
  for _, each in ipairs { "a", "b", "c" } do
    equal(a:poll(20), true)
    equal(a:poll(20), true)
    equal(a:recv(), each)
  end
  process:join()
  equal(a:poll(), false)
end

function cases.test_ends_travel()
  local outer, inner = mp.Pipe()
  local process = start(function()
    local connection = inner:recv()
    connection:send "through an end that travelled"
    connection:close()
  end)
  inner:close()
  local a, b = mp.Pipe()
  outer:send(b)
  b:close()
  equal(a:recv(), "through an end that travelled")
  equal({ a:recv() }, { nil, "closed" })
  process:join()
end

function cases.test_unsendable()
  local a, b = mp.Pipe()
  raises("cannot send userdata (FILE*) at value", a.send, a, io.stdout)
  local closed, other = mp.Pipe()
  closed:close()
  raises("cannot send a closed object at value[2]._handle", a.send, a, { other, closed })
  a:send(1)
  equal(b:recv(), 1)
end

function cases.test_values_are_copies()
  local a, b = mp.Pipe()
  local list = { 1 }
  a:send(list)
  list[1] = 2
  equal(b:recv(), { 1 })
  a:send(nil)
  equal(table.pack(b:recv()), { n = 1 })
end

-- ---- wait ----

function cases.test_wait()
  local readers, processes = {}, {}
  for place = 1, 4 do
    local receiver, sender = mp.Pipe(false)
    readers[place] = receiver
    processes[place] = start(function()
      for each = 1, 10 do
        sleep(math.random() * 0.002)
        sender:send { place, each }
      end
      sender:close()
    end)
    sender:close()
  end
  local seen = 0
  while #readers > 0 do
    for _, reader in ipairs(mp.wait(readers)) do
      local message, reason = reader:recv()
      if reason then
        equal(reason, "closed")
        for place, each in ipairs(readers) do
          if each == reader then table.remove(readers, place) break end
        end
        reader:close()
      else
        seen = seen + message[2]
      end
    end
  end
  equal(seen, 4 * 55)
end

function cases.test_wait_timeout()
  local a, b = mp.Pipe()
  local before = expect.clock()
  equal(mp.wait({ a, b }, 0.05), {})
  assert(expect.clock() - before >= 0.05)
  b:send(1)
  equal(mp.wait({ a, b }, 20), { a })
  equal(mp.wait({ a, b }, 0), { a })
  equal(mp.wait({ a, b }), { a })
end

function cases.test_wait_of_several_kinds()
  local a, b = mp.Pipe()
  local queue, event = mp.Queue(), mp.Event()
  local process = start(function() event:wait() end)
  equal(mp.wait({ a, queue, process }, 0), {})
  queue:put(1)
  equal(mp.wait { a, queue, process }, { queue })
  b:send(2)
  equal(mp.wait { a, queue, process }, { a, queue })
  event:set()
  soon(function() return #mp.wait { a, queue, process } == 3 end)
  process:join()
  equal(mp.wait { process }, { process })
  queue:get()
  queue:close()
  equal(mp.wait { queue }, { queue })
end

function cases.test_wait_integer()
  local event = mp.Event()
  local process = start(function()
    event:wait()
    expect.asleep(mp.parent_process().pid)
  end)
  local a = mp.Pipe()
  equal(mp.wait({ a, process.sentinel }, 0), {})
  event:set()
  equal(mp.wait({ a, process.sentinel }), { process.sentinel })
  process:join()
end

function cases.test_neg_timeout()
  local a, b = mp.Pipe()
  equal(mp.wait({ a }, -1), {})
  equal(mp.wait({}, 0), {})
end

function cases.test_invalid_handles()
  raises("wait takes connections", mp.wait, { {} })
  raises("wait takes connections", mp.wait, { true })
  raises("wait takes a list: mp.wait({ connection, queue, process })", mp.wait, 5)
  raises("wait takes a list", mp.wait, (mp.Pipe()))
  raises("an empty list and no timeout", mp.wait, {})
  raises("wait takes connections", mp.wait, { mp.Process(print) })
  raises("cannot wait for", mp.wait, { mp.Lock() })
end

function cases.test_ignore_signals()
  local ours, theirs = mp.Pipe()
  local parent = mp.getpid()
  local process = start(function()
    ours:close()
    for _ = 1, 20 do
      os.execute("kill -WINCH " .. parent .. "; kill -URG " .. parent)
      sleep(0.001)
    end
    theirs:send "done"
    for _ = 1, 10 do
      os.execute("kill -WINCH " .. parent .. "; kill -URG " .. parent)
      sleep(0.001)
    end
    for _ = 1, 5 do theirs:send(#theirs:recv()) end
  end)
  theirs:close()
  equal(ours:recv(), "done")
  for _ = 1, 5 do ours:send(("x"):rep(1 << 20)) end
  for _ = 1, 5 do equal(ours:recv(), 1 << 20) end
  process:join()
end

function cases.test_copies_of_an_end_are_one()
  local ours, theirs = mp.Pipe()
  local queue = mp.Queue()
  queue:put(ours)
  local copy = queue:get()
  copy:close()
  raises("the connection is closed", ours.recv, ours, 1)
  equal({ ours.closed, copy.closed }, { true, true })
  equal(select(2, theirs:recv()), "closed")
end

expect.main()
