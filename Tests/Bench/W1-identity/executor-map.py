# concurrent.futures: ProcessPoolExecutor.map with large chunks.
import sys
from concurrent.futures import ProcessPoolExecutor


def task(line):
    return line


if __name__ == "__main__":
    with ProcessPoolExecutor() as pool, open(sys.argv[1], "rb") as lines:
        sys.stdout.buffer.writelines(pool.map(task, lines, chunksize=10_000))
