-- Objects of about 118 bytes with integers, floats, strings and an array.

math.randomseed(4)
local names = { "Ada", "Grace", "Zoë", "Edsger", "Barbara" }
local object = '{"id":%d,"name":"%s","price":%.2f,"active":%s,"tags":["red","green"],'
  .. '"address":{"city":"Rio","zip":%d},"note":"none"}\n'
for i = 1, tonumber(arg[1]) do
  io.write(object:format(i, names[math.random(5)], math.random(99999) / 100, i % 2 == 0, math.random(10000, 99999)))
end
