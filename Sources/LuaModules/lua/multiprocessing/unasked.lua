--- Reports of failures that nobody asks for: one line for each call, when its result is garbage, or when the script ends.
local core = require "_multiprocessing"

local unasked = {}

-- The most lines of one process; further ones are counted.
local max_lines = 100
-- The most bytes of a message, which may be anything.
local max_bytes = 500

-- Jobs that have failed and whose results can still be asked for, the process that has them, and its lines so far.
local failed_jobs, owner, lines = {}, core.getpid(), 0
-- Failures of whole pools that were reported: one line is enough.
local reported = setmetatable({}, { __mode = "k" })

local function of_this_process()
  if owner ~= core.getpid() then failed_jobs, owner, lines = {}, core.getpid(), 0 end
  return failed_jobs
end

local function write(text)
  lines = lines + 1
  if lines <= max_lines then io.stderr:write("pmap: ", text, "\n") end
end

--- The raised value, in one line.
local function shown(failure)
  local text = tostring(failure.message or failure.value):match "^[^\r\n]*"
  return #text > max_bytes and text:sub(1, max_bytes) .. "…" or text
end

--- The failures of a job's own items, not those that all jobs of a pool have: the first place, their number, and the first.
local function own(job)
  local first, count = job.unread_place, job.unread_failures or 0
  for place, failure in pairs(job.errors) do
    if failure ~= job.pool_failure then
      count = count + 1
      first = math.min(first or place, place)
    end
  end
  return first, count, first and (job.errors[first] or job.unread_failure)
end

--- Marks a failure as known to the script.
function unasked.mark_reported(failure) reported[failure] = true end

local function report(job)
  job.is_asked = true
  local first, count, failure = own(job)
  if count == 0 then
    if not job.pool_failure or reported[job.pool_failure] then return end
    unasked.mark_reported(job.pool_failure)
    return write(("nobody asked for the error of %s: %s"):format(job.name, shown(job.pool_failure)))
  end
  if not job.is_many then return write(("nobody asked for the error of %s: %s"):format(job.name, shown(failure))) end
  write(("nobody asked for what %s came to, in which %d %s failed, the first at place %d: %s"):format(
    job.name, count, count == 1 and "item" or "items", first, shown(failure)))
end

--- Records a job that has failed: it is reported at the script's end unless somebody asks, and at once when nobody can. The
--- failure of a whole pool may be asked of another job.
function unasked.record(job)
  if job.is_asked then return end
  if job.is_dropped and not job.pool_failure then report(job) else of_this_process()[job] = true end
end

--- The script has asked for the result.
function unasked.mark_retrieved(job)
  job.is_asked = true
  failed_jobs[job] = nil
end

--- The script cannot ask any more: the object that it would ask is garbage.
function unasked.mark_unreachable(job)
  job.is_dropped = true
  if failed_jobs[job] and not job.pool_failure and of_this_process()[job] then
    failed_jobs[job] = nil
    report(job)
  end
end

--- Reports all failures that were not asked for, when the script ends.
function unasked.report_all()
  local left = {}
  for job in pairs(of_this_process()) do left[#left + 1] = job end
  table.sort(left, function(a, b) return a.number < b.number end)
  failed_jobs = {}
  for _, job in ipairs(left) do report(job) end
  if lines > max_lines then
    io.stderr:write(("pmap: nobody asked for %d more\n"):format(lines - max_lines))
    lines = max_lines
  end
end

return unasked
