-- The input of works that make their items themselves: how many there are to be.
print(arg[1])
