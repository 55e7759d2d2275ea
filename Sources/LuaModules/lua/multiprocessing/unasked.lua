--- Failures that nobody asks for: of each call one line, when its result is collected, or when the script ends.
local core = require "_multiprocessing"

local unasked = {}

-- Lines of one process; further ones are counted.
local most_lines = 100
-- Of a message, which may be anything.
local most_bytes = 500

-- Calls that have failed and whose results can still be asked for, and the process whose they are.
local calls, owner, lines = {}, core.getpid(), 0
-- Failures of whole pools, of which one line is enough.
local told = setmetatable({}, { __mode = "k" })

local function of_this_process()
  if owner ~= core.getpid() then calls, owner, lines = {}, core.getpid(), 0 end
  return calls
end

local function write(text)
  lines = lines + 1
  if lines <= most_lines then io.stderr:write("pmap: ", text, "\n") end
end

--- What was raised, in one line.
local function shown(failure)
  local text = tostring(failure.message or failure.value):match "^[^\r\n]*"
  return #text > most_bytes and text:sub(1, most_bytes) .. "…" or text
end

--- The failures that are a job's own: of those that it shares with others, one is enough.
local function own(job)
  local first, count = job.unread_place, job.unread_failures or 0
  for place, failure in pairs(job.errors) do
    if failure ~= job.lost then
      count = count + 1
      first = math.min(first or place, place)
    end
  end
  return first, count, first and (job.errors[first] or job.unread_failure)
end

--- This failure is known.
function unasked.hush(failure) told[failure] = true end

local function tell(job)
  job.is_asked = true
  local first, count, failure = own(job)
  if count == 0 then
    if not job.lost or told[job.lost] then return end
    unasked.hush(job.lost)
    return write(("nobody asked for the error of %s: %s"):format(job.name, shown(job.lost)))
  end
  if not job.is_many then return write(("nobody asked for the error of %s: %s"):format(job.name, shown(failure))) end
  write(("nobody asked for what %s came to, in which %d %s failed, the first at place %d: %s"):format(
    job.name, count, count == 1 and "item" or "items", first, shown(failure)))
end

--- A job has failed: it is told at the script's end unless somebody asks, and at once when nobody can. What a whole pool
--- fails by may be asked of another job.
function unasked.note(job)
  if job.is_asked then return end
  if job.is_dropped and not job.lost then tell(job) else of_this_process()[job] = true end
end

--- Somebody has asked.
function unasked.forget(job)
  job.is_asked = true
  calls[job] = nil
end

--- Nobody can ask any more: what the job's results were for is collected.
function unasked.drop(job)
  job.is_dropped = true
  if calls[job] and not job.lost and of_this_process()[job] then
    calls[job] = nil
    tell(job)
  end
end

--- The script ends.
function unasked.tell_all()
  local left = {}
  for job in pairs(of_this_process()) do left[#left + 1] = job end
  table.sort(left, function(a, b) return a.number < b.number end)
  calls = {}
  for _, job in ipairs(left) do tell(job) end
  if lines > most_lines then
    io.stderr:write(("pmap: nobody asked for %d more\n"):format(lines - most_lines))
    lines = most_lines
  end
end

return unasked
