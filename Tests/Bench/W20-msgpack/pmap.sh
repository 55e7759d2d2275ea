# pmap: MessagePack in, MessagePack out.
exec pmap -f msgpack -t msgpack -e 'item.price = item.price * 2 return item' "$@"
