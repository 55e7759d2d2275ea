# GNU parallel: mawk counts a block of the file for each processor, and once more their counts.
parallel --will-cite --pipepart --block -1 -a "$1" \
    "mawk '{ for (i = 1; i <= NF; i++) count[\$i]++ } END { for (word in count) print word, count[word] }'" \
    | mawk '{ count[$1] += $2 } END { for (word in count) print word "\t" count[word] }' | LC_ALL=C sort
