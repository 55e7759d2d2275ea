-- An item that takes as much processor time as it says, in whatever language and beside whatever else runs.

function task(line)
  local seconds, start = tonumber(line), os.clock()
  while os.clock() - start < seconds do
  end
  return line
end
