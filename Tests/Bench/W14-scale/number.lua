-- How many there are to be, for what makes them itself.

print(arg[1])
