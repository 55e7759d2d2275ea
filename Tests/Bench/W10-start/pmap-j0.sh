# pmap without workers.
exec pmap -j0 -e item "$@"
