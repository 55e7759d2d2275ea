-- Lines of ten made-up words, always the same.

math.randomseed(2)
for _ = 1, tonumber(arg[1]) do
  local words = {}
  for i = 1, 10 do
    local letters = {}
    for j = 1, math.random(9) do
      letters[j] = string.char(math.random(97, 122))
    end
    words[i] = table.concat(letters)
  end
  io.write(table.concat(words, " "), "\n")
end
