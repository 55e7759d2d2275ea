# multiprocessing.Pool.imap with large chunks, and Python's json.
import json
import sys
from multiprocessing import Pool


def task(line):
    item = json.loads(line)
    item["next"] = item["id"] + 1
    return json.dumps(item) + "\n"


if __name__ == "__main__":
    with Pool() as pool, open(sys.argv[1], "rb") as lines:
        sys.stdout.writelines(pool.imap(task, lines, chunksize=5_000))
