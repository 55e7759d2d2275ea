# pmap: a file, or standard input, of one line.
exec pmap -j 2 -e '#item' "$@"
