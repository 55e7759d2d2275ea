# pmap: a file, or standard input, through the identity.
exec pmap -e item "$@"
