# pmap: the lines of a file through task.lua.
exec pmap task.lua "$@"
