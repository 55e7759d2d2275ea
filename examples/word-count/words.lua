-- How often each word occurs; those of one block are counted here, and the counts of all blocks are added.

options = { from = "blocks:1M", by_key = true }
reduce = pmap.sum

function task(text)
  local counts = {}
  for word in text:lower():gmatch "%a[%a']*" do
    counts[word] = (counts[word] or 0) + 1
  end
  for word, count in pairs(counts) do
    pmap.emit(word, count)
  end
end

-- The ten most frequent ones; of equally frequent ones the first in the alphabet.
function finish(counts)
  local words = {}
  for word in pairs(counts) do
    words[#words + 1] = word
  end
  table.sort(words, function(a, b)
    if counts[a] == counts[b] then
      return a < b
    end
    return counts[a] > counts[b]
  end)
  for place = 1, math.min(10, #words) do
    pmap.emit(words[place], counts[words[place]])
  end
end
