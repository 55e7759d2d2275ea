-- The mean response time of each path of a gzipped log, and the time that 95 of 100 requests do not exceed, in milliseconds.

options = { from = "fields", by_key = true }

local p95 = pmap.quantiles(0.95)

reduce = {
  lift = function(time)
    return { mean = pmap.mean.lift(time), p95 = p95.lift(time) }
  end,
  merge = function(a, b)
    return { mean = pmap.mean.merge(a.mean, b.mean), p95 = p95.merge(a.p95, b.p95) }
  end,
  finish = function(both)
    return ("%.1f\t%.1f"):format(pmap.mean.finish(both.mean), p95.finish(both.p95))
  end,
}

-- A line: path, status, milliseconds.
function task(fields)
  return fields[1], fields[3]
end
