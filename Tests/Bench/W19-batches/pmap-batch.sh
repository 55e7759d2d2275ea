# pmap: a thousand lines are a list.
exec pmap --batch 1000 -e 'table.concat(item, "\n")' "$@"
