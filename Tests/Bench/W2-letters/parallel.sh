# GNU parallel: a block of the file for each processor, each read by one Lua, in order.
exec parallel --will-cite --pipepart --keep-order --block -1 -a "$1" lua5.4 lua.lua
