# multiprocessing.Pool.imap with large chunks.
import re
import sys
from multiprocessing import Pool

words = re.compile(rb"[A-Za-z]+").findall


def task(line):
    return sum(map(len, words(line)))


if __name__ == "__main__":
    with Pool() as pool, open(sys.argv[1], "rb") as lines:
        for letters in pool.imap(task, lines, chunksize=5_000):
            print(letters)
