# GNU parallel: a process for each item.
exec parallel --will-cite --keep-order -a "$1" echo
