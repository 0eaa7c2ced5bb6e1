"""One counter-example run again: ``python3 -S -m reviewer.probe INPUT`` prints what both programs answer to it.

Run in the role's folder, beside the artifact's and the task's; the same programs print the same bytes.
"""

import json
import sys

from reviewer.case import CASE_STEPS, counted_code, parse
from shared.bounded import Runner
from shared.values import canonical

FAULTY, PATCHED = "../task/program.py", "../artifact/program.py"
LONGEST = 900  # characters of an input that goes into a command


def pointers(triples, most):
    """Return evidence pointers for the first `most` compared triples that fit into a command."""
    from hashlib import sha256  # only a review that has one needs it

    found = []
    for item, faulty, patched in triples:
        text = canonical(item)
        if len(found) < most and len(text) <= LONGEST:
            found.append({
                "claim": "most other patches that pass the visible tests answer otherwise here",
                "command": ["python3", "-S", "-m", "reviewer.probe", text],
                "output_sha256": sha256(printed(faulty, patched).encode()).hexdigest(),
            })  # fmt: skip
    return found


def printed(faulty, patched):
    """Return what the command prints."""
    return canonical({"faulty": faulty, "patched": patched}) + "\n"


def answer(path, item):
    """Return the encoded answer of a program in a file."""
    runner = Runner(CASE_STEPS)
    with open(path, "rb") as file:
        return runner.run(runner.load(counted_code(parse(file.read()))), item)


def main():
    item = json.loads(sys.argv[1])
    sys.stdout.write(printed(answer(FAULTY, item), answer(PATCHED, item)))


if __name__ == "__main__":
    main()
