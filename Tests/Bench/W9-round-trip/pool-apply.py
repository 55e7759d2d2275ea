import sys
from multiprocessing import Pool

sys.path.insert(0, "..")
import inside


def identity(x):
    return x


if __name__ == "__main__":
    count = inside.count()
    with Pool() as pool:
        print(inside.timed(lambda: sum(pool.apply(identity, (number,)) for number in range(1, count + 1))))
