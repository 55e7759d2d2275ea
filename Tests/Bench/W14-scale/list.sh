# pmap: a list that the script has made.
ITEMS=$(cat "$1") exec pmap list.lua
