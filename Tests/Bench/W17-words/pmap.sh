# pmap: words of a block are counted by the task, the counts of blocks are added.
exec pmap pmap.lua "$@"
