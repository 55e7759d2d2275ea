# pmap: an item for each worker, so that all of them are forked.
count=$(cat "$1")
seq "$count" | exec pmap -j "$count" --chunk 1 -e item
