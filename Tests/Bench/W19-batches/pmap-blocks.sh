# pmap: a block is a string.
exec pmap -f blocks:1M -e 'item:sub(1, -2)' "$@"
