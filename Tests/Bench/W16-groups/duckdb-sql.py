# duckdb, with as many threads as there are processors.
import sys

import duckdb

rows = duckdb.sql(
    f"select city, sum(price), avg(price) from read_csv('{sys.argv[1]}', header = true) group by city"
).fetchall()
for city, total, mean in sorted(rows):
    print(f"{city}\t{total:.2f}\t{mean:.6f}")
