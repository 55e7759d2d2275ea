# pmap: a reducer of two sums, and a task that only names fields.
exec pmap -f csv --by-key -l sums -e 'item.city, item.price' --reduce sums.total "$@"
