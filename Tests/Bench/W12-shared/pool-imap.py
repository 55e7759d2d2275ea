# multiprocessing.Pool.imap: forked workers inherit the tables, and write to their reference counts.
import os
import sys
from multiprocessing import Pool

count = int(os.environ.get("RECORDS", 500000))
records = [{"id": i, "name": f"record {i}", "values": [i, i + 1, i + 2]} for i in range(1, count + 1)]


def task(line):
    record = records[int(line) * 7919 % count]
    scaled = [value * i for i, value in enumerate(record["values"], 1)]
    return f"{record['name']}: {' '.join(map(str, scaled))}\n"


if __name__ == "__main__":
    with Pool() as pool, open(sys.argv[1]) as lines:
        sys.stdout.writelines(pool.imap(task, lines, chunksize=10_000))
