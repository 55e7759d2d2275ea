-- How many letters the words of a line have, for pmap and for plain Lua.

function task(line)
  local letters = 0
  for word in line:gmatch "%a+" do
    letters = letters + #word
  end
  return letters
end
