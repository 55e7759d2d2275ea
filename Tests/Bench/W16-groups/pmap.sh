# pmap: a reducer of two sums.
exec pmap pmap.lua "$@"
