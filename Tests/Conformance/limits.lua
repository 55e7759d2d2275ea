--- Numbers that are too large for anything: an error that names them, or as much as there is.
local expect = require "cases"
local cases = expect.cases
local mp = require "multiprocessing"
local core = require "_multiprocessing"
local equal, raises = expect.equal, expect.raises

local most, least = math.maxinteger, math.mininteger

local function same(...) return ... end

function cases.arrays()
  for code, count in pairs { d = 1 << 61, q = most, b = most - 40, c = 1 << 40 } do
    raises("the shared memory is exhausted: an array of " .. count .. " numbers", mp.Array, code, count)
  end
  local numbers = mp.Array("q", 3)
  raises("place 9223372036854775807 is outside the array, which has 1 to 3", function() numbers[most] = 1 end)
  raises("place -9223372036854775808 is outside the array", function() return numbers[least] end)
  equal(numbers:totable(least, most), { 0, 0, 0 })
end

function cases.sums()
  for _, each in ipairs { { most, 1 }, { least, -1 } } do
    local value = mp.Value("q", each[1])
    raises("the sum does not fit", value.add, value, each[2])
    equal(value.value, each[1])
  end
end

function cases.pipes()
  local one, other = mp.Pipe()
  raises("size 9223372036854775807 is outside the string", one.send_bytes, one, "abc", 1, most)
  raises("offset -9223372036854775808 is outside the string", one.send_bytes, one, "abc", least, most)
  one:send_bytes("abc", 1, 2)
  equal(other:recv_bytes(most), "bc")
end

function cases.processes()
  for _, number in ipairs { most, least, 1 << 31 } do
    raises(number .. " is not a process", core.join, number, 0)
    raises(number .. " is not a process", core.children, number)
    raises(number .. " is not a process", mp.wait, { number }, 0)
    raises(number .. " is not a signal", core.kill, mp.getpid(), number)
  end
end

function cases.semaphores()
  for _, each in ipairs { { mp.Semaphore, most, 1 }, { mp.Semaphore, 1, most }, { mp.BoundedSemaphore, most, most } } do
    local semaphore = each[1](each[2])
    raises("the semaphore is released too many times", semaphore.release, semaphore, each[3])
    equal(semaphore:get_value(), each[2])
  end
  local semaphore = mp.Semaphore(50000)
  for _ = 1, 50000 do semaphore:acquire() end
  semaphore:release(40000)
  equal(semaphore:get_value(), 40000)
end

function cases.timeouts()
  local process = expect.start(function() end)
  equal(process:join(most), true)
  local queue = mp.Queue(most)
  for _, timeout in ipairs { least, -math.huge, -1e308, -0.0 } do equal(select(2, queue:get(timeout)), "empty") end
  queue:put(1, most)
  equal(queue:get(1e308), 1)
end

function cases.pools()
  local pool <close> = mp.Pool { processes = 1, maxtasksperchild = most }
  equal(pool:map(same, { 1, 2 }, most)[2], 2)
  local sum = 0
  for _, each in pool:imap(same, { 1, 2 }, most) do sum = sum + each end
  equal(sum, 3)
  for _, count in ipairs { most, least, -1, 1 << 33 } do
    raises("a list has 0 to 2147483647 items, not n = " .. count, pool.map, pool, same, { n = count })
  end
  equal(pool:starmap(same, { { 4, n = least } })[1], nil)
  for _, count in ipairs { most, 2000000 } do
    raises("too many arguments: " .. count, pool.starmap, pool, same, { { n = count } })
  end
end

function cases.ranges()
  for _, each in ipairs { { least, most }, { 0, most }, { 0, least, -1 }, { most, least, least } } do
    raises("the ends of a range are less than 2^63 apart", pmap.range, table.unpack(each))
  end
  for _, each in ipairs { { most - 2, most, 1, 3 }, { least, least + 1, 1, 2 }, { most, least, most, 0 }, { 1, 1 << 60, 1 << 59, 2 } } do
    local count = 0
    for _ in pmap.range(each[1], each[2], each[3]) do count = count + 1 end
    equal(count, each[4])
  end
  equal(pmap.range(1, (1 << 53) + 1)[(1 << 53) + 1], (1 << 53) + 1)
end

--- An operation on many objects takes more than one change of the shared memory.
function cases.many_at_once()
  local queues = {}
  for place = 1, 5000 do queues[place] = mp.Queue() end
  equal(#mp.wait(queues, 0.001), 0)
  local process = expect.start(function() queues[4000]:put "there" end)
  equal(mp.wait(queues)[1]:get(), "there")
  process:join()
end

expect.main()
