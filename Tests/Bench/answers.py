# Whether all contestants give the same answer to the same input, and where they first do not.
import itertools
import json
import subprocess
import tempfile
from pathlib import Path


class Different(Exception):
    """Says who answers differently, and the first line that differs; or who did not answer."""


def compare(commands, folder, environment, scratch, how):
    """Runs each command once, and raises Different for the first whose answer is not that of the first one."""
    with tempfile.TemporaryDirectory(dir=scratch) as answers:
        first = None
        for name, command in commands.items():
            answer = Path(answers, name)
            run(name, command, folder, environment, answer)
            if first is None:
                first = answer
            elif difference := differing(first, answer, how):
                line, expected, found = difference
                raise Different(f"{name} answers differently in line {line}: {found}, where {first.name} has {expected}")


def run(name, command, folder, environment, answer):
    with open(answer, "wb") as file:
        streams = {"stdin": subprocess.DEVNULL, "stdout": file, "stderr": subprocess.PIPE}
        ended = subprocess.run(["sh", "-c", command], cwd=folder, env=environment, **streams)
    if ended.returncode:
        said = ended.stderr.decode(errors="replace").strip().split("\n")
        said = said[-1 if said[0].startswith("Traceback") else 0]
        raise Different(f"{name} ended with status {ended.returncode}: {said}")


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
