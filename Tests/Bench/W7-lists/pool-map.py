import sys
from multiprocessing import Pool

sys.path.insert(0, "..")
import inside


def identity(x):
    return x


if __name__ == "__main__":
    items = [[place * number for place in range(1, 200001)] for number in range(1, inside.count() + 1)]
    with Pool() as pool:
        results = inside.timed(lambda: pool.map(identity, items, chunksize=1))
    print(sum((result[0] + result[-1]) * (place + 1) for place, result in enumerate(results)))
