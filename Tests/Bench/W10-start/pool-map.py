# multiprocessing.Pool.map.
import sys
from multiprocessing import Pool


def task(line):
    return line


if __name__ == "__main__":
    with Pool() as pool, open(sys.argv[1]) as lines:
        sys.stdout.writelines(pool.map(task, lines))
