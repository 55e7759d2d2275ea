# mawk.
mawk '{ for (i = 1; i <= NF; i++) count[$i]++ } END { for (word in count) print word "\t" count[word] }' "$1" | LC_ALL=C sort
