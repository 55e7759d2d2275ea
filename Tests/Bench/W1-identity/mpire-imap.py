# mpire: WorkerPool.imap with large chunks.
import sys
from mpire import WorkerPool


def task(line):
    return line


if __name__ == "__main__":
    with WorkerPool() as pool, open(sys.argv[1], "rb") as lines:
        lines = lines.readlines()
        sys.stdout.buffer.writelines(pool.imap(task, lines, chunk_size=10_000))
