--- Values and arrays in shared memory, as in CPython's _TestValue, _TestArray, _TestHeap and _TestSharedCTypes.
local expect = require "cases"
local cases = expect.cases
local mp = require "multiprocessing"
local core = require "_multiprocessing"
local equal, raises, soon, sleep = expect.equal, expect.raises, expect.soon, expect.sleep
local ended = expect.ended

local codes = {
  { "i", 4343, 24234 }, { "d", 3.625, -4.25 }, { "h", -232, 234 }, { "q", 2 << 33, 2 << 34 }, { "c", 120, 121 },
  { "b", -128, 127 }, { "B", 0, 255 }, { "H", 0, 65535 }, { "I", 0, (1 << 32) - 1 }, { "l", math.mininteger, -1 },
  { "L", 0, 1 }, { "Q", 7, math.maxinteger }, { "f", 0.5, -0.25 }, { "?", false, true },
}

function cases.test_value()
  for _, each in ipairs(codes) do
    local value = mp.Value(each[1], each[2])
    equal(value.value, each[2])
    ended(function()
      assert(value.value == each[2])
      value.value = each[3]
    end)
    equal(value.value, each[3])
  end
end

function cases.test_rawvalue()
  local value = mp.Value("i", 1, false)
  ended(function() value.value = 2 end)
  equal(value.value, 2)
end

function cases.test_getobj_getlock()
  equal(mp.Value("i", 5):get_lock():acquire(), true)
  local lock = mp.Lock()
  equal(mp.Value("i", 5, lock):get_lock() == lock, true)
  raises("has none", function() mp.Value("i", 5, false):get_lock() end)
  raises("lock is", mp.Value, "i", 5, "no lock")
  raises("lock is", mp.Array, "i", 5, 7)
  equal(mp.Value("i", 4):with(function() return 3 end), 3)
end

function cases.test_what_does_not_fit()
  for _, each in ipairs { { "i", 1 << 31 }, { "b", 128 }, { "B", -1 }, { "i", 1.5 }, { "H", 65536 } } do
    raises("", mp.Value, each[1], each[2])
    local value = mp.Value(each[1], 3)
    raises("", function() value.value = each[2] end)
    equal(value.value, 3)
  end
  raises("is no type", mp.Value, "z", 1)
  raises("is no type", mp.Array, "", 1)
  raises("not a number", function() mp.Value("i").value = "3" end)
  equal(mp.Value("i", 3.0).value, 3)
end

function cases.test_array()
  local numbers = { 680, 626, 934, 821, 150, 233, 548, 982, 714, 831 }
  local array = mp.Array("i", numbers)
  equal(#array, 10)
  equal(array[3], 934)
  equal(array:totable(), numbers)
  equal(array:totable(2, 4), { 626, 934, 821 })
  array[3] = 7
  numbers[3] = 7
  ended(function()
    for place = 2, #array do array[place] = array[place] + array[place - 1] end
  end)
  for place = 2, 10 do numbers[place] = numbers[place] + numbers[place - 1] end
  equal(array:totable(), numbers)
  equal(array[11], nil)
  array[#array] = 5.0
  equal(array[10.0], 5)
  raises("outside the array", function() array[11] = 1 end)
  raises("outside the array", function() array[0] = 1 end)
  raises("places are integers", function() array.x = 1 end)
  local seen = {}
  for place, number in pairs(mp.Array("i", { 4, 5 })) do seen[place] = number end
  equal(seen, { 4, 5 })
end

function cases.test_booleans()
  local flag, flags = mp.Value("?", true), mp.Array("?", { true, false })
  equal(flag.value, true)
  equal(flags:totable(), { true, false })
  flags[2], flag.value = 1, 0 -- as C has them
  ended(function() flags[1] = false end)
  equal(flags:totable(), { false, true })
  equal(flag.value, false)
  equal(mp.Value("?").value, false)
  raises("true or false", function() flag.value = 2 end)
  raises("true or false", function() flag.value = 0.5 end)
  raises("cannot be added to", flag.add, flag, 1)
  for _, code in ipairs { "i", "d", "c" } do raises("a boolean", mp.Value, code, true) end
end

function cases.test_text()
  local array = mp.Array("c", 10)
  equal(array.value, "")
  equal(array.raw, ("\0"):rep(10))
  array.value = "some text"
  ended(function() array.value = "one" end)
  equal(array.value, "one")
  equal(array.raw, "one\0 text\0")
  array.raw = "0123456789"
  equal(array.value, "0123456789")
  array.raw = "ab"
  equal(array.raw, "ab23456789")
  array[3], array[4] = "c", 0
  equal(array.value, "abc")
  equal(array[3], 99)
  equal(mp.Array("c", "h\0i").raw, "h\0i")
  equal(mp.Array("c", { "h", 105 }).value, "hi")
  equal(mp.Value("c", "x").value, 120)
  raises("11 bytes, which are more than the array's 10", function() array.value = "0123456789a" end)
  raises("is a string, not a number", function() array.raw = 5 end)
  raises("one place holds one byte", function() array[1] = "ab" end)
  raises("one place holds one byte", function() array[1] = "" end)
  raises("integers from 1 to 3, not \"value\"", function() return mp.Array("b", 3).value end)
end

function cases.test_array_of_a_string()
  local array = mp.Array("c", "hellö")
  equal(#array, 6)
  equal(string.char(table.unpack(array:totable())), "hellö")
  equal(#mp.Array("c", ""), 0)
  raises('mp.Array("c", …)', mp.Array, "i", "hello")
end

function cases.test_array_from_size()
  for _ = 1, 3 do
    local array = mp.Array("i", 1000)
    equal(#array, 1000)
    for place = 1, 1000 do
      if array[place] ~= 0 then error "not zeroed" end
      array[place] = place
    end
    array = nil
    collectgarbage()
  end
  equal(#mp.Array("d", 0), 0)
  raises("0 or more", mp.Array, "i", -1)
end

function cases.test_add_is_atomic()
  local value, array, processes = mp.Value("i", 0), mp.Array("d", 3), {}
  for place = 1, 4 do
    processes[place] = mp.Process(function()
      for _ = 1, 2000 do
        value:add(1)
        array:add(2, 0.5)
      end
    end)
    processes[place]:start()
  end
  for _, process in ipairs(processes) do process:join() end
  equal(value.value, 8000)
  equal(array:totable(), { 0.0, 4000.0, 0.0 })
end

-- Values of many sizes, made and dropped at random, never share a byte.
function cases.test_heap()
  collectgarbage()
  local before = core.usage()
  local arrays = {}
  for round = 1, 2000 do
    local size = math.min(1 << 15, math.floor(2 ^ (math.random() * 12)))
    arrays[#arrays + 1] = { mp.Array("q", size, false), round, size }
    arrays[#arrays][1][1] = round
    arrays[#arrays][1][size] = round
    if #arrays > 60 then
      local place = math.random(#arrays)
      local array, mark, count = table.unpack(arrays[place])
      assert(array[1] == mark and array[count] == mark)
      table.remove(arrays, place)
      if round % 50 == 0 then collectgarbage() end
    end
  end
  for _, each in ipairs(arrays) do assert(each[1][1] == each[2] and each[1][each[3]] == each[2]) end
  arrays = nil
  collectgarbage()
  collectgarbage()
  equal(core.usage(), before)
end

function cases.test_free_from_gc()
  collectgarbage()
  local before = core.usage()
  for _ = 1, 3000 do
    local pair = { mp.Array("q", 100), mp.Array("q", 100) }
    pair.itself = pair
  end
  collectgarbage()
  collectgarbage()
  equal(core.usage(), before)
end

function cases.test_synchronize()
  local value = mp.Value("i", 0)
  local processes = {}
  for place = 1, 4 do
    processes[place] = mp.Process(function()
      for _ = 1, 200 do value:with(function() value.value = value.value + 1 end) end
    end)
    processes[place]:start()
  end
  for _, process in ipairs(processes) do process:join() end
  equal(value.value, 800)
end

function cases.test_values_travel()
  local queue = mp.Queue()
  local value, array = mp.Value("i", 5), mp.Array("d", { 1, 2 })
  queue:put { value, array }
  local got = queue:get()
  got[1].value, got[2][2] = 6, 7.5
  equal(value.value, 6)
  equal(array:totable(), { 1.0, 7.5 })
end

-- Shared memory has no name that could stay behind.
function cases.test_cleaned_after_process_termination()
  local names = function()
    local program <close> = assert(io.popen "ls /dev/shm | wc -l")
    return program:read "n"
  end
  local before = names()
  expect.script [[
    local mp = require "multiprocessing"
    local a, l, s, q = mp.Array("q", 100000), mp.Lock(), mp.Semaphore(3), mp.Queue()
    q:put(1)
    os.execute "kill -9 $PPID"]]
  equal(names(), before)
end

function cases.test_large_array()
  local array = mp.Array("d", 50 * 1000 * 1000, false)
  array[50 * 1000 * 1000] = 1.5
  ended(function() array[1] = array[#array] end)
  equal(array[1], 1.5)
end

expect.main()
