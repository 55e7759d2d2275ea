# pmap, which finds out by itself how many items to send at once.
exec pmap burn.lua "$@"
