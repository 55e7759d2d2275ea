-- Maps of about 70 bytes with integers, floats, strings and an array.

math.randomseed(20)
local names = { "Ada", "Grace", "Zoë", "Edsger", "Barbara" }

local function text(s) return string.char(0xA0 + #s) .. s end

local tags = "\x92" .. text "red" .. text "green"
for i = 1, tonumber(arg[1]) do
  io.write(
    "\x85", text "active", i % 2 == 0 and "\xC3" or "\xC2", text "id", (">BI4"):pack(0xCE, i + 65535), text "name",
    text(names[math.random(5)]), text "price", (">Bd"):pack(0xCB, math.random(99999) / 100), text "tags", tags)
end
