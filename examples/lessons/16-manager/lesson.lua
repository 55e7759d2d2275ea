-- A table that all processes read and change: a manager's dict.
--
-- Value and Array hold numbers. For anything else a manager, a process of its own, owns a table, and everybody has a
-- proxy of it that reads like a table. Each d[k] is a question to the manager, so it costs more than memory does.
--
-- Two things to know. d[k] = d[k] + 1 is a question and an order, between which another process may come:
-- mp.update(d, k, f) runs f in the manager, as one step. And d.list is a copy: what is appended to it is lost unless
-- it is written back.

local mp = require "multiprocessing"

local manager <close> = mp.Manager()
local counts = manager:dict()

local function count_words(line)
  for word in line:gmatch "%a+" do
    mp.update(counts, word, function(count) return (count or 0) + 1 end)
  end
end

local pool <close> = mp.Pool(3)
pool:map(count_words, { "one two three", "two three", "three" })

local words = {}
for word in pairs(counts) do words[#words + 1] = word end
table.sort(words)
for _, word in ipairs(words) do print(word, counts[word]) end

local shared = manager:dict { names = { "Ada" } }
table.insert(shared.names, "Grace") -- into a copy
print("names after an insert into a copy: " .. #shared.names)
local names = shared.names
table.insert(names, "Grace")
shared.names = names
print("names after it was written back: " .. #shared.names)
