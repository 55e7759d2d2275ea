# jq, one process.
exec jq -c '.next = .id + 1' "$1"
