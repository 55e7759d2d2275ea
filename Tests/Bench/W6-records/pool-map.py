import sys
from multiprocessing import Pool

sys.path.insert(0, "..")
import inside


def identity(x):
    return x


if __name__ == "__main__":
    items = [{"id": n, "name": f"name{n}", "v": [n, n + 1, n + 2]} for n in range(1, inside.count() + 1)]
    with Pool() as pool:
        results = inside.timed(lambda: pool.map(identity, items))
    total = sum((result["id"] + result["v"][2]) * ((place + 1) % 7) for place, result in enumerate(results))
    print(total, sum(len(result["name"]) for result in results), sep="\t")
