# xargs: a process for each item, as many at a time as there are processors.
exec xargs -a "$1" -d '\n' -n 1 -P "$(nproc)" echo
