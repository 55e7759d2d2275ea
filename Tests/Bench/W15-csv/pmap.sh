# pmap: csv in, csv out.
exec pmap -f csv -t csv -e 'item.city = item.city:upper() return item' "$@"
