# pmap: a reduce in Lua.
exec pmap -e 'item + 0' --reduce 'a + b' "$@"
