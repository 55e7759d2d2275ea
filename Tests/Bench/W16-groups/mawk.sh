# mawk, which knows of no quotes: none stand in front of these columns.
mawk -F, 'NR > 1 { sum[$3] += $4; count[$3]++ }
    END { for (city in sum) printf "%s\t%.2f\t%.6f\n", city, sum[city], sum[city] / count[city] }' "$1" | LC_ALL=C sort
