# The memory of a run, sampled from /proc: what all its processes need together, and what a worker has for itself. Pages
# of mapped files are not counted: they are the kernel's, which takes them back as it likes.
import os
import subprocess
import time

PAUSE = 0.005


def watch(command, folder, environment):
    """Peak bytes of a run: `memory` of all processes, `private` of the worker with most, `preloaded` in the first."""
    streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL}
    run = subprocess.Popen(["sh", "-c", command], cwd=folder, env=environment, **streams)
    peak = {"memory": 0, "private": 0, "preloaded": 0}
    while run.poll() is None:
        processes = tree(run.pid)
        samples = {pid: sample(pid) for pid in processes}
        together = sum(each.get("Pss_Anon", 0) + each.get("Pss_Shmem", 0) for each in samples.values())
        peak["memory"] = max(peak["memory"], together)
        peak["preloaded"] = max(peak["preloaded"], samples[run.pid].get("Anonymous", 0))
        for pid in processes[1:]:
            peak["private"] = max(peak["private"], samples[pid].get("Private_Dirty", 0))
        time.sleep(PAUSE)
    return peak


def tree(pid):
    """A process and all its descendants."""
    found = [pid]
    try:
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/children") as children:
                for child in children.read().split():
                    found += tree(int(child))
    except OSError:
        pass  # it has ended meanwhile
    return found


def sample(pid):
    """The fields of smaps_rollup in bytes; none for a process that has ended. One that ends while it is looked at keeps
    its memory so long: what it shared with others, which are gone meanwhile, would look like its own."""
    try:
        with open(f"/proc/{pid}/smaps_rollup") as rollup:
            lines = rollup.read().split("\n")[1:-1]
        with open(f"/proc/{pid}/stat") as stat:
            has_ended = stat.read().rpartition(")")[2].split()[0] in "ZX"
    except OSError:
        return {}
    if has_ended:
        return {}
    return {name: int(size) * 1024 for name, size, _ in (line.replace(":", " ").split() for line in lines)}
