--- Processes and shared objects, under the names of Python's multiprocessing.
local core = require "_multiprocessing"
local class = require "multiprocessing.class"
local process = require "multiprocessing.process"
local synchronize = require "multiprocessing.synchronize"
local managers = require "multiprocessing.managers"
local pool = require "multiprocessing.pool"
local queues = require "multiprocessing.queues"
local connection = require "multiprocessing.connection"
local sharedctypes = require "multiprocessing.sharedctypes"

local mp = {
  Process = process.new,
  Pool = pool.new,
  current_process = class.with_callbacks(process.current_process),
  parent_process = class.with_callbacks(process.parent_process),
  active_children = class.with_callbacks(process.active_children),
  fork = process.fork,
  waitpid = process.waitpid,

  Lock = synchronize.new_lock,
  RLock = synchronize.new_rlock,
  Semaphore = synchronize.new_semaphore,
  BoundedSemaphore = synchronize.new_bounded_semaphore,
  Condition = synchronize.new_condition,
  Event = synchronize.new_event,
  Barrier = synchronize.new_barrier,

  Queue = queues.new,
  SimpleQueue = queues.new,
  JoinableQueue = queues.new,

  Pipe = connection.Pipe,
  wait = class.with_callbacks(connection.wait),

  Value = sharedctypes.new_value,
  Array = sharedctypes.new_array,

  Manager = managers.new,
  update = managers.update,
  copy = managers.copy,

  cpu_count = class.with_callbacks(core.cpu_count),
  getpid = core.getpid,
}

--- The number of the process that has made this one; in a worker of a pool, of the script.
function mp.getppid() return process.script or core.getppid() end

--- Only "fork" exists here: a new process is a copy of the script as it stands.
function mp.set_start_method(method)
  if method ~= "fork" then core.fail("start method " .. tostring(method) .. ": only fork exists here") end
end

function mp.get_start_method() return "fork" end

--- The module itself, which is what there is for "fork".
function mp.get_context(method)
  if method ~= nil then mp.set_start_method(method) end
  return mp
end

--- Does nothing: it is for programs that are frozen into one file.
function mp.freeze_support() end

--- Whether a deadlock ends the program with a report; it does unless this says otherwise.
function mp.set_deadlock_detection(on) core.set_deadlock_detection(on) end

return class.module(mp, "mp")
