-- Lines of ten words; of 50,000 words the first are the most frequent, as in any language.

math.randomseed(17)
local words = {}
for i = 1, 50000 do
  local letters = {}
  for place = 1, 3 + i % 7 do
    letters[place] = string.char(97 + math.random(26) - 1)
  end
  words[i] = table.concat(letters)
end
local line = {}
for _ = 1, tonumber(arg[1]) do
  for place = 1, 10 do
    line[place] = words[math.floor(50000 ^ math.random())]
  end
  io.write(table.concat(line, " "), "\n")
end
