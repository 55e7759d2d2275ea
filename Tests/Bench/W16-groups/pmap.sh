# pmap: ready reducers, and a task that only names fields.
exec pmap -f csv --by-key -e 'item.city, item.price' --reduce sum,mean \
    --finish 'for city, of in pairs(total) do pmap.emit(("%s\t%.2f\t%.6f"):format(city, of[1], of[2])) end' "$@"
