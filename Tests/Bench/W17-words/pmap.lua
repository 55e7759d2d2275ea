options = { from = "blocks:8M", by_key = true }
reduce = pmap.sum

function task(text)
  local counts = {}
  for word in text:gmatch "%a+" do
    counts[word] = (counts[word] or 0) + 1
  end
  for word, count in pairs(counts) do
    pmap.emit(word, count)
  end
end
