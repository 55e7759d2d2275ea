-- Tables that are built when the script is loaded, about 300 bytes a record, and a task that reads them and allocates.

local count = tonumber(os.getenv "RECORDS" or 500000)
local records = {}
for i = 1, count do
  records[i] = { id = i, name = "record " .. i, values = { i, i + 1, i + 2 } }
end

function task(line)
  local record = records[tonumber(line) * 7919 % count + 1]
  local scaled = {}
  for i, value in ipairs(record.values) do
    scaled[i] = value * i
  end
  return record.name .. ": " .. table.concat(scaled, " ")
end
