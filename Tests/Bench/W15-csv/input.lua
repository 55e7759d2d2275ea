-- Rows of about 65 bytes; a field in five rows has quotes and a comma in it.

math.randomseed(15)
io.write "id,name,city,price,qty,note,when,flag\n"
for i = 1, tonumber(arg[1]) do
  local note = i % 5 == 0 and ('"said ""%d"", twice"'):format(i) or "plain note " .. i % 977
  io.write(
    i, ",name", i % 1000, ",city", math.random(1000), (",%.2f,"):format(math.random(9999) / 100), i % 50, ",", note,
    (",2026-11-%02d,"):format(i % 28 + 1), tostring(i % 2 == 0), "\n")
end
