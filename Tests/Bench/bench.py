# The driver of scripts/bench: makes inputs, compares answers, lets hyperfine time whole processes, prints tables.
# What is run is said by the folders beside it: a work.toml, which names the contestants, pmap first, and the factors
# that pmap should reach; an input.lua; and each contestant in a file that can also be run by hand, in its folder:
#
#   sh pmap.sh INPUT
import argparse
import json
import os
import resource
import shlex
import statistics
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

import answers
import memory
import pieces
import report
import schedule

here = Path(__file__).parent
scratch = here.parent.parent / ".build-bench"
interpreters = {".sh": ".", ".lua": "lua5.4", ".pl": "perl", ".py": "python3"}


def main():
    sys.stdout.reconfigure(line_buffering=True)
    words = arguments()
    machine = report.machine()
    if not words.json:
        report.print_machine(machine)
        if words.quick:
            print("The inputs are too small for the factors to mean anything (--quick).")
    cases = []
    for folder in words.works:
        work = tomllib.loads((folder / "work.toml").read_text()) | {"folder": folder}
        done = []
        for case in work.get("case", [{}]):
            case = {"name": "", **{key: value for key, value in work.items() if key != "case"}, **case}
            if words.full or not case.get("full"):
                done.append(run(case, words, done))
                if not words.json:
                    report.print_case(done[-1])
        cases += done
    found = {"machine": machine, "cases": cases}
    if words.pieces:
        lines = input_file({"folder": here / "W12-shared", "name": ""}, 1_000_000)
        found["pieces"] = pieces.measure(here / "pieces", lines, words.runs or 3)
        if not words.json:
            pieces.print_table(found["pieces"])
    if words.json:
        json.dump(found, sys.stdout, indent=2, ensure_ascii=False)
        print()


def arguments():
    works = sorted(here.glob("W*-*"), key=lambda folder: int(folder.name[1:].split("-")[0]))
    parser = argparse.ArgumentParser(prog="scripts/bench", description="Times pmap beside its peers.")
    parser.add_argument("works", nargs="*", metavar="WORK", help=f"{' '.join(folder.name for folder in works)} pieces")
    parser.add_argument("--json", action="store_true", help="one JSON document instead of tables")
    parser.add_argument("--runs", type=int, metavar="N", help="5 unless said otherwise, after one to warm up")
    parser.add_argument("--full", action="store_true", help="also the cases that take long or much memory")
    parser.add_argument("--quick", action="store_true", help="a hundredth of the items: whether everything runs")
    words = parser.parse_args()
    words.pieces = "pieces" in words.works
    words.works = [name for name in words.works if name != "pieces"]
    for name in words.works:
        if not any(name in (folder.name, folder.name.split("-")[0]) for folder in works):
            fail(f"no work {name}: there are {' '.join(folder.name for folder in works)} pieces", status=2)
    if words.runs is not None and words.runs < 1:
        fail("--runs takes a number above 0", status=2)
    if words.works or words.pieces:
        works = [folder for folder in works if {folder.name, folder.name.split("-")[0]} & set(words.works)]
    words.works = works
    return words


def run(case, words, earlier):
    """What one case came to, as report.py and --json show it."""
    items = {Path(file).stem: item_count(case, Path(file).stem, words.quick) for file in case["contestants"]}
    environment = os.environ | case.get("environment", {})
    announce(case, "comparing answers")
    try:
        fewest = commands(case, dict.fromkeys(items, min(items.values())))
        answers.compare(fewest, case["folder"], environment, scratch, case.get("compare", "bytes"))
    except answers.Different as difference:
        fail(f"{case['folder'].name}: {difference}")
    announce(case, "running")
    contestants = race(case, items, words.runs or case.get("runs", 5), environment)
    result = {"work": case["folder"].name, "title": case["title"], "case": case["name"], "contestants": contestants}
    return result | {"claims": claims(case, contestants[0], input_file(case, contestants[0]["items"]), earlier)}


def race(case, items, runs, environment):
    """A row for each contestant; the factor is that of the times of one item, the first contestant's being 1."""
    lines = commands(case, items)
    once = {name: line for name, line in lines.items() if name in case.get("once", [])}
    often = {name: line for name, line in lines.items() if name not in once}
    times = inside(often, runs, case, environment) if case.get("inside") else hyperfine(often, runs, 1, case, environment)
    if once:
        times |= hyperfine(once, 1, 0, case, environment)
    rows = []
    for name, line in lines.items():
        row = {"name": name, "command": line, "items": items[name]} | times[name]
        row["median"] = statistics.median(row["seconds"])
        row["per_item"] = row["median"] / items[name]
        row["factor"] = row["per_item"] / rows[0]["per_item"] if rows else 1
        row["wanted"] = case.get("wanted", {}).get(name)
        if case.get("memory"):
            peak = memory.watch(line, case["folder"], environment)
            row |= peak if "private" in case else {"memory": peak["memory"]}
        rows.append(row)
    return rows


def claims(case, pmap, file, earlier):
    """What is wanted besides factors: (what, reached, the most it may be, unit)."""
    found = []
    if "at_most" in case:
        found.append(("pmap's time", pmap["median"], case["at_most"], "s"))
    if "bound" in case:
        text = output(["lua5.4", case["durations"], file], case)
        bound = getattr(schedule, case["bound"])([float(word) for word in text.split()], len(os.sched_getaffinity(0)))
        found.append((f"pmap ÷ {case['bound']} schedule of {bound:.3f} s", pmap["median"] / bound, case["slack"], "×"))
    if "private" in case:
        found.append(("pmap's private share", pmap["private"] / pmap["preloaded"], case["private"], "%"))
    if replacement := case.get("replacement"):
        clock = [float(line) for line in output(["sh", replacement["file"]], case).split()]
        median = statistics.median(end - start for start, end in zip(clock, clock[1:]))
        found.append(("pmap's replacement of a worker", median, replacement["at_most"], "s"))
    if growth := case.get("growth"):
        first = next(each for each in earlier if each["case"] == growth["from"])["contestants"][0]
        time, space = pmap["per_item"] / first["per_item"], pmap["memory"] / first["memory"]
        found.append((f"time per item ÷ {growth['from']}", time, growth["time"], "×"))
        found.append((f"memory ÷ {growth['from']}", space, growth["memory"], "×"))
    return [dict(zip(("what", "reached", "wanted", "unit"), claim)) | {"met": claim[1] <= claim[2]} for claim in found]


def item_count(case, name, quick):
    count = case["items"].get(name) if isinstance(case["items"], dict) else case["items"]
    return case.get("quick", max(count // 100, 1)) if quick else count


def input_file(case, count):
    """The input of so many items, made when it is missing or older than what makes it."""
    maker = (case["folder"] / case.get("input", "input.lua")).resolve()
    words = [str(count)] + ([case["order"]] if "order" in case else [])
    name = maker.parent.name + ("" if maker.stem == "input" else f"-{maker.stem}")
    file = scratch / "inputs" / "-".join([name, *words])
    if not file.exists() or file.stat().st_mtime < maker.stat().st_mtime:
        announce(case, f"making {file.name}")
        file.parent.mkdir(parents=True, exist_ok=True)
        with open(file.with_suffix(".part"), "wb") as part:
            subprocess.run(["lua5.4", maker, *words], stdout=part, check=True)
        file.with_suffix(".part").rename(file)
    return str(file)


def commands(case, items):
    """A line for sh for each contestant, with an input of so many items."""
    return {Path(file).stem: command(case, file, input_file(case, items[Path(file).stem])) for file in case["contestants"]}


def command(case, file, input_file):
    """sh sources its own files: then they cost no second shell."""
    run = f"{interpreters[Path(file).suffix]} ./{file}"
    if case.get("pipe"):
        return f"cat {shlex.quote(input_file)} | {{ set --; {run}; }}"
    return f"set -- {shlex.quote(input_file)}; " + (run if file.endswith(".sh") else f'exec {run} "$1"')


def hyperfine(commands, runs, warmup, case, environment):
    """Of each command the seconds of each run, without those that sh itself takes to start, and the mean of what all
    its processes took of the processors: that says something on a busy machine too."""
    shell = statistics.median(timed([":"], 30, 3, case, environment)[0]["times"])
    found = {}
    for name, result in zip(commands, timed(commands.values(), runs, warmup, case, environment)):
        seconds = [max(time - shell, 0.0001) for time in result["times"]]
        found[name] = {"seconds": seconds, "processor": result["user"] + result["system"]}
    return found


def inside(commands, runs, case, environment):
    """Of each command what it says on standard error that the work itself took, in turns; the mean of what all its
    processes took of the processors is that of the whole process, making the items and warming up included."""
    found = {name: {"seconds": [], "processor": 0} for name in commands}
    for _ in range(runs):
        for name, command in commands.items():
            words, before = ["sh", "-c", command], resource.getrusage(resource.RUSAGE_CHILDREN)
            ended = subprocess.run(words, cwd=case["folder"], env=environment, capture_output=True, text=True)
            if ended.returncode:
                fail(f"{case['folder'].name}: {name}: {ended.stderr.strip()}")
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            found[name]["seconds"].append(float(ended.stderr.split()[-1]))
            used = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
            found[name]["processor"] += used / runs
    return found


def timed(commands, runs, warmup, case, environment):
    with tempfile.NamedTemporaryFile(dir=scratch, suffix=".json") as export:
        words = ["hyperfine", "--style", "none", "--shell", "none", "--export-json", export.name]
        words += ["--warmup", str(warmup), "--runs", str(runs)]
        words += [shlex.join(["sh", "-c", command]) for command in commands]
        ended = subprocess.run(words, cwd=case["folder"], env=environment, capture_output=True, text=True)
        if ended.returncode:
            fail(f"{case['folder'].name}: hyperfine: {ended.stderr.strip()}")
        return json.load(export)["results"]


def output(words, case):
    environment = os.environ | case.get("environment", {})
    return subprocess.run(
        words, cwd=case["folder"], env=environment, capture_output=True, text=True, check=True).stdout


def announce(case, what):
    if sys.stderr.isatty():
        print(f"\r\033[K{case['folder'].name} {case['name']}: {what} …\r", end="", file=sys.stderr, flush=True)


def fail(message, status=1):
    print(f"scripts/bench: {message}", file=sys.stderr)
    sys.exit(status)


main()
