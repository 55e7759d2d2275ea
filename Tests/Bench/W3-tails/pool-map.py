# multiprocessing.Pool.map, one item at a time.
import sys
import time
from multiprocessing import Pool


def task(line):
    seconds, start = float(line), time.process_time()
    while time.process_time() - start < seconds:
        pass
    return line


if __name__ == "__main__":
    with Pool() as pool, open(sys.argv[1]) as lines:
        sys.stdout.writelines(pool.map(task, lines, chunksize=1))
