# Miller, which has threads of its own.
exec mlr --csv put '$city = toupper($city)' "$1"
