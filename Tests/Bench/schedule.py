# How long items of known durations take on so many workers.


def greedy(durations, workers):
    """In order, each item to the worker that is free first: what a pool can do that does not know the durations."""
    free = [0.0] * workers
    for duration in durations:
        worker = free.index(min(free))
        free[worker] += duration
    return max(free)


def best(durations, workers):
    """Less than this is impossible: no worker is ever idle, and no item is cut."""
    return max(sum(durations) / workers, max(durations))
