# multiprocessing.Pool.imap over many lines at once, and Python's csv; no field here has a newline in it.
import csv
import io
import itertools
import sys
from multiprocessing import Pool

ROWS = 5_000


def task(lines):
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    for row in csv.reader(lines):
        row[2] = row[2].upper()
        writer.writerow(row)
    return out.getvalue()


if __name__ == "__main__":
    with Pool() as pool, open(sys.argv[1]) as lines:
        sys.stdout.write(next(lines))
        batches = iter(lambda: list(itertools.islice(lines, ROWS)), [])
        sys.stdout.writelines(pool.imap(task, batches))
