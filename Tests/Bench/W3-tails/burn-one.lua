-- One item of burn.lua, for a process of its own.

dofile "burn.lua"
print(task(arg[1]))
