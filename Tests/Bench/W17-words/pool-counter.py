# multiprocessing.Pool.imap_unordered over parts of the file, and a Counter of each.
import os
import sys
from collections import Counter
from multiprocessing import Pool

BLOCK = 1 << 20


def task(part):
    path, start, end = part
    with open(path, "rb") as file:
        file.seek(start)
        return Counter(file.read(end - start).split())


def parts(path):
    size = os.path.getsize(path)
    with open(path, "rb") as file:
        start = 0
        while start < size:
            file.seek(min(start + BLOCK, size))
            file.readline()
            yield path, start, file.tell()
            start = file.tell()


if __name__ == "__main__":
    total = Counter()
    with Pool() as pool:
        for part in pool.imap_unordered(task, parts(sys.argv[1])):
            total.update(part)
    for word in sorted(total):
        print(word.decode(), total[word], sep="\t")
