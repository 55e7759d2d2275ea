# scripts/bench pieces: what pieces of pmap take inside a process, as the programs in the folder of that name time them.
import statistics
import subprocess

import report


def measure(folder, lines, runs):
    """The median of each piece: its name, seconds of one, and bytes of one where that says something."""
    programs = [["bench-pieces"], ["pmap", "-j0", "values.lua"], ["sh", "items.sh", lines]]
    seen = {}
    for program in programs * runs:
        said = subprocess.check_output(program, cwd=folder, stdin=subprocess.DEVNULL, text=True)
        for line in said.splitlines():
            name, nanoseconds, size = line.split("\t")
            seen.setdefault(name, (int(size), []))[1].append(float(nanoseconds) / 1e9)
    return [
        {"piece": name, "median": statistics.median(times), "seconds": times, "bytes": size}
        for name, (size, times) in seen.items()
    ]


def print_table(pieces):
    rows = [["", "median", "from … to", "a second", "MB/s"]]
    for each in pieces:
        low, high = min(each["seconds"]), max(each["seconds"])
        spread = f"{report.seconds(low)} … {report.seconds(high)}"
        throughput = f"{each['bytes'] / each['median'] / 1e6:.0f}" if each["bytes"] else ""
        rows.append([each["piece"], report.seconds(each["median"]), spread, f"{1 / each['median']:,.0f}", throughput])
    print("\npieces: one at a time, inside a process")
    report.print_rows(rows)
