# Whether all contestants give the same answer to the same input, and where they first do not.
import itertools
import json
import subprocess


class Different(Exception):
    """Says who answers differently, and the first line that differs."""


def compare(commands, folder, environment, answers, how):
    """Runs each command once, and raises Different for the first whose answer is not that of the first one."""
    answers.mkdir(parents=True, exist_ok=True)
    first = None
    for name, command in commands.items():
        with open(answers / name, "wb") as file:
            streams = {"stdin": subprocess.DEVNULL, "stdout": file, "stderr": subprocess.PIPE}
            ended = subprocess.run(["sh", "-c", command], cwd=folder, env=environment, **streams)
        if ended.returncode:
            said = ended.stderr.decode(errors="replace").strip().split("\n")
            said = said[-1 if said[0].startswith("Traceback") else 0]
            raise Different(f"{name} ended with status {ended.returncode}: {said}")
        if first is None:
            first = name
        elif difference := differing(answers / first, answers / name, how):
            line, expected, found = difference
            raise Different(f"{name} answers differently in line {line}: {found}, where {first} has {expected}")


def differing(one, other, how):
    """The first line that is not the same in both files: its number and both readings, or None."""
    with open(one, "rb") as one, open(other, "rb") as other:
        lines, others = (sorted(one), sorted(other)) if how == "sorted" else (one, other)
        for number, (line, found) in enumerate(itertools.zip_longest(lines, others), 1):
            if line != found and (how != "json" or not same_json(line, found)):
                return number, shown(line), shown(found)


def same_json(line, other):
    return line is not None and other is not None and json.loads(line) == json.loads(other)


def shown(line):
    return "nothing" if line is None else repr(line.decode(errors="replace").rstrip("\n")[:200])
