import sys
from multiprocessing import Pool

sys.path.insert(0, "..")
import inside


def identity(x):
    return x


if __name__ == "__main__":
    items = list(range(1, inside.count() + 1))
    with Pool() as pool:
        results = inside.timed(lambda: pool.map(identity, items))
    print(sum(result * ((place + 1) % 7) for place, result in enumerate(results)))
