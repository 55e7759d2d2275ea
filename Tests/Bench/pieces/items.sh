# What one short item takes on its way through pmap, by where it runs and what it is read and written as. One line for
# each way: its name, nanoseconds of one item, bytes of one. The input is a file of lines that are also JSON.
lines=$(wc -l < "$1")
size=$(($(wc -c < "$1") / lines))
for ways in "-j0 -t none" "-j0 -t lines" "-j0 -f jsonl -t none" "-j0 -f jsonl -t jsonl" "-j1 -t none" "-j1 -t lines"; do
    start=$(date +%s%N)
    pmap $ways -e item "$1" > /dev/null
    printf 'short item, pmap %s\t%s\t%s\n' "$ways" "$((($(date +%s%N) - start) / lines))" "$size"
done
