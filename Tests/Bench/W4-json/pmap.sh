# pmap: JSON in, JSON out.
exec pmap -f jsonl -t jsonl -e 'item.next = item.id + 1 return item' "$@"
