# Tables for people: one for each case.
import os
import platform
import subprocess


def machine():
    """What a figure must be quoted with."""
    with open("/proc/cpuinfo") as lines:
        model = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), "unknown")
    commands = ["pmap --version", "lua5.4 -v", "python3 --version", "perl -e 'print $^V'", "parallel --version",
                "hyperfine --version", "jq --version", "mlr --version"]  # fmt: skip
    versions = [subprocess.run(each, shell=True, capture_output=True, text=True).stdout for each in commands]
    return {
        "processor": model,
        "processors": len(os.sched_getaffinity(0)),
        "kernel": platform.release(),
        "load": os.getloadavg()[0],
        "versions": [each.split("\n")[0] for each in versions],
    }


def print_machine(machine):
    print(f"{machine['processors']} × {machine['processor']}, Linux {machine['kernel']}")
    print(", ".join(machine["versions"]))
    if machine["load"] > 0.3:
        print(f"The machine is not idle (load {machine['load']:.2f}): expect noise, and do not quote.")


def print_case(case):
    print(f"\n{case['work']}: {case['title']}" + (f": {case['case']}" if case["case"] else ""))
    rows = [["", "median", "from … to", "processor", "an item", "factor", "wanted", ""]]
    measures = [name for name in ("memory", "private") if name in case["contestants"][0]]
    rows[0][5:5] = measures
    for each in case["contestants"]:
        low, high = min(each["seconds"]), max(each["seconds"])
        row = [each["name"], seconds(each["median"]), f"{seconds(low)} … {seconds(high)}"]
        row += [seconds(each["processor"]), seconds(each["per_item"])]
        row += [megabytes(each[name]) for name in measures]
        factor, wanted = each["factor"], each["wanted"]
        row.append(f"{factor:.{2 if factor >= 1 else 3}f} ×")
        row += [f"{wanted} ×", verdict(factor >= wanted)] if wanted else ["", ""]
        rows.append(row)
    print_rows(rows)
    for claim in case["claims"]:
        reached, wanted = (shown(claim[key], claim["unit"]) for key in ("reached", "wanted"))
        print(f"  {claim['what']}: {reached}, wanted at most {wanted}: {verdict(claim['met'])}")


def print_rows(rows):
    widths = [max(map(len, column)) for column in zip(*rows)]
    for name, *cells in rows:
        right = [cell.rjust(width) for cell, width in zip(cells, widths[1:])]
        print("  " + "  ".join([name.ljust(widths[0]), *right]).rstrip())


def verdict(met):
    return "met" if met else "MISSED"


def shown(value, unit):
    return {"s": seconds, "×": lambda value: f"{value:.3f} ×", "%": lambda value: f"{value * 100:.1f} %"}[unit](value)


def seconds(value):
    for unit, name in ((1, "s"), (1e-3, "ms"), (1e-6, "µs")):
        if value >= unit:
            return f"{value / unit:.3g} {name}"
    return f"{value / 1e-9:.3g} ns"


def megabytes(value):
    return f"{value / 1e6:.1f} MB"
