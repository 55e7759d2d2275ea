# pmap: line by line.
exec pmap -e item "$@"
