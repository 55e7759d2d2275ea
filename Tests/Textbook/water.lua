-- Water: atoms are processes; none bonds before the other two of its molecule are there. What an atom of hydrogen has
-- acquired, one of oxygen releases.
local mp = require "multiprocessing"

local mutex, oxygen, hydrogen = mp.Semaphore(1), mp.Value("i", 0, false), mp.Value("i", 0, false)
local barrier, oxygen_queue, hydrogen_queue = mp.Barrier(3), mp.Semaphore(0), mp.Semaphore(0)
local atoms, count, molecules = mp.Array("c", 12), mp.Value("i", 0), 4

local function bond(letter) atoms[count:add(1)] = letter:byte() end

local function molecule_is_there()
  hydrogen_queue:release(2)
  hydrogen.value = hydrogen.value - 2
  oxygen_queue:release()
  oxygen.value = oxygen.value - 1
end

local function be_oxygen()
  mutex:acquire()
  oxygen.value = oxygen.value + 1
  if hydrogen.value >= 2 then molecule_is_there() else mutex:release() end
  oxygen_queue:acquire()
  bond "O"
  barrier:wait()
  mutex:release()
end

local function be_hydrogen()
  mutex:acquire()
  hydrogen.value = hydrogen.value + 1
  if hydrogen.value >= 2 and oxygen.value >= 1 then molecule_is_there() else mutex:release() end
  hydrogen_queue:acquire()
  bond "H"
  barrier:wait()
end

local processes = {}
for number = 1, 3 * molecules do
  processes[number] = mp.Process(number % 3 == 0 and be_oxygen or be_hydrogen)
  processes[number]:start()
end
for _, process in ipairs(processes) do process:join() end
for molecule = 1, molecules do
  local letters = {}
  for place = 1, 3 do letters[place] = string.char(atoms[3 * (molecule - 1) + place]) end
  table.sort(letters)
  print(table.concat(letters))
end
