# multiprocessing.Pool.imap with large chunks: a file, or standard input, through the identity.
import sys
from multiprocessing import Pool


def task(line):
    return line


if __name__ == "__main__":
    with Pool() as pool, (open(sys.argv[1], "rb") if sys.argv[1:] else sys.stdin.buffer) as lines:
        sys.stdout.buffer.writelines(pool.imap(task, lines, chunksize=10_000))
