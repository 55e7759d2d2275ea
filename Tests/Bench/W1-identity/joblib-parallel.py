# joblib: Parallel with large batches, which go in order.
import sys
from joblib import Parallel, delayed


def task(line):
    return line


if __name__ == "__main__":
    with open(sys.argv[1], "rb") as lines:
        pool = Parallel(n_jobs=-1, batch_size=10_000, pre_dispatch="4*n_jobs*10_000", return_as="generator")
        sys.stdout.buffer.writelines(pool(delayed(task)(line) for line in lines))
