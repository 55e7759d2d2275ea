# multiprocessing.Pool.imap with the large chunks that its documentation advises.
import sys
from multiprocessing import Pool


def task(line):
    return line


if __name__ == "__main__":
    with Pool() as pool, open(sys.argv[1], "rb") as lines:
        sys.stdout.buffer.writelines(pool.imap(task, lines, chunksize=10_000))
