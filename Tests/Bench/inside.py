# What Python's contestants of the works W5 to W9 have in common: the time of the call alone, on standard error.
import sys
import time


def count():
    with open(sys.argv[1]) as file:
        return int(file.read())


def timed(call):
    """The answer of the second call; the first one warms up."""
    call()
    start = time.perf_counter()
    answer = call()
    print(time.perf_counter() - start, file=sys.stderr)
    return answer
