# GNU parallel: a Lua for each item.
exec parallel --will-cite --keep-order -a "$1" lua5.4 burn-one.lua
