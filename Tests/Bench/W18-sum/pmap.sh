# pmap: a ready reducer.
exec pmap -e item --reduce sum "$@"
