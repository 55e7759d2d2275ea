-- The lengths of the words of each line, in the order of the lines.

function task(line)
  local lengths = {}
  for word in line:gmatch "[%a']+" do
    lengths[#lengths + 1] = #word
  end
  if #lengths == 0 then
    return nil -- no record for an empty line
  end
  return table.concat(lengths, " ")
end
