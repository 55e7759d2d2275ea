# Miller, which has threads of its own.
exec mlr --ijsonl --ojsonl put '$next = $id + 1' "$1"
