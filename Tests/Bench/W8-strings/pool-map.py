import sys
from multiprocessing import Pool

sys.path.insert(0, "..")
import inside


def identity(x):
    return x


if __name__ == "__main__":
    # Bytes: a str would have to be checked and copied once more.
    items = [str(n).encode() * (10000000 // len(str(n))) for n in range(1, inside.count() + 1)]
    with Pool() as pool:
        results = inside.timed(lambda: pool.map(identity, items, chunksize=1))
    print(sum(len(result) * (place + 1) + result[-1] for place, result in enumerate(results)))
