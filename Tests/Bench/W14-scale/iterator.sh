# pmap: items that the script makes one after the other.
ITEMS=$(cat "$1") exec pmap iterator.lua
