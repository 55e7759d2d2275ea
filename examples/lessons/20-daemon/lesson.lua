-- Who is waited for at the end, and who is not: daemon processes.
--
-- When the script ends, pmap joins the processes that still run: the letter is written to its end although nobody
-- joined it. A process with daemon = true is for services, which would run for ever: it is killed when the script
-- ends. Without daemon = true this script would never end.
--
-- What a daemon has begun is cut off anywhere. What must be finished is no work for a daemon.

local mp = require "multiprocessing"

local beats, script_is_over = mp.Value("i", 0), mp.Event()

local function heartbeat()
  while true do
    beats:add(1)
    pmap.sleep(0.01)
  end
end

local function letter()
  script_is_over:wait()
  print "the letter is finished after the last line of the script"
end

local service = mp.Process { target = heartbeat, daemon = true }
service:start()
mp.Process(letter):start()

while beats.value < 3 do
  pmap.sleep(0.01)
end
print("the service is a daemon and runs:", service.daemon and service:is_alive())

print "this is the last line of the script"
script_is_over:set()
