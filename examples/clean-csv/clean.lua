-- A csv as people send it, made into lines of JSON: names are trimmed, numbers are numbers, notes over several lines are one
-- line, and what is empty is left out. Rows are tables by the names in the header; a quoted field may have newlines.

options = { from = "csv", to = "jsonl" }

local function trimmed(text)
  return (text:gsub("%s+", " "):match "^ ?(.-) ?$")
end

function task(row)
  local clean = {}
  for name, text in pairs(row) do
    local value = trimmed(text)
    if value ~= "" then
      clean[trimmed(name):lower()] = tonumber(value) or value
    end
  end
  return clean
end
