-- Santa Claus sleeps until nine reindeer are back, or three elves need help; reindeer come first.
local mp = require "multiprocessing"

local reindeer_count, group, groups = 9, 3, 2
local elves, reindeer = mp.Value("i", 0, false), mp.Value("i", 0, false)
local santa, reindeer_wait, elf_wait = mp.Semaphore(0), mp.Semaphore(0), mp.Semaphore(0)
local elf_mutex, mutex = mp.Semaphore(1), mp.Semaphore(1)
local hitched, helped, sleighs, wrong = mp.Value("i", 0), mp.Value("i", 0), mp.Value("i", 0, false), mp.Value("i", 0, false)

local function be_santa()
  for _ = 1, 1 + groups do
    santa:acquire()
    mutex:acquire()
    if reindeer.value == reindeer_count then
      sleighs.value = sleighs.value + 1
      reindeer.value = 0
      reindeer_wait:release(reindeer_count)
    elseif elves.value == group then
      elf_wait:release(group)
    else
      wrong.value = wrong.value + 1
    end
    mutex:release()
  end
end

local function be_reindeer()
  mutex:acquire()
  reindeer.value = reindeer.value + 1
  if reindeer.value == reindeer_count then santa:release() end
  mutex:release()
  reindeer_wait:acquire()
  hitched:add(1)
end

local function be_elf()
  elf_mutex:acquire()
  mutex:acquire()
  elves.value = elves.value + 1
  if elves.value == group then santa:release() else elf_mutex:release() end
  mutex:release()
  elf_wait:acquire()
  helped:add(1)
  mutex:acquire()
  elves.value = elves.value - 1
  if elves.value == 0 then elf_mutex:release() end -- which the third elf has acquired
  mutex:release()
end

local processes = { mp.Process(be_santa) }
for _ = 1, reindeer_count do processes[#processes + 1] = mp.Process(be_reindeer) end
for _ = 1, group * groups do processes[#processes + 1] = mp.Process(be_elf) end
for _, process in ipairs(processes) do process:start() end
for _, process in ipairs(processes) do process:join() end
print("sleighs", sleighs.value)
print("reindeer hitched", hitched.value)
print("elves helped", helped.value)
print("woken for nothing", wrong.value)
