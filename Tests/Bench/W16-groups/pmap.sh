# pmap: a reducer of two sums; fields are strings, which Lua adds as numbers.
exec pmap -f csv --by-key -l sums -e 'item.city, item.price' --reduce sums.total "$@"
