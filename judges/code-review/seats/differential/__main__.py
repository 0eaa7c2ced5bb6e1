"""Differential execution: both programs answer generated inputs near the visible ones, with counted steps.

A repair makes no new crashes, answers differently in more places than the visible tests, and not nearly everywhere.
"""

import hashlib
import json
import random
import sys

from patch import Refused, answer, read_patch
from shared import io
from shared.bounded import Runner, answers
from shared.inputs import generate
from shared.values import same

INPUTS = 80
CASE_STEPS = 4_000
NEW_CRASHES = 0.02  # share of inputs that may newly crash
WIDE = 0.9  # share of answers from which on a patch is another program


def judge(patch):
    """Return (score, claim, evidence) from new crashes and from how many answers changed."""
    visible = [case["input"] for case in patch.cases]
    told = zip(run(patch.patched, visible), patch.cases)
    wrong = [k for k, (got, case) in enumerate(told) if not same(got, case.get("expected"))]
    if wrong:
        return 0.0, "a visible test fails", seen(patch, wrong[0])
    made = every_input(patch)[len(visible) :]
    pairs = list(enumerate(zip(run(patch.faulty, made), run(patch.patched, made)), start=len(visible)))
    sound = [number for number, (old, _) in pairs if not crashed(old)]
    if not sound:
        return 0.5, "the faulty program answers no generated input", None
    crashes = [number for number, (old, new) in pairs if crashed(new) and not crashed(old)]
    share = len(crashes) / len(sound)
    if share > NEW_CRASHES:
        claim = f"crashes on {share:.0%} of the inputs that were answered before"
        return max(0.0, 0.4 - share), claim, seen(patch, crashes[0])
    changed = [number for number, (old, new) in pairs if not same(old, new)]
    if not changed:
        return 0.3, "no generated input is answered differently: the change fits the visible tests only", None
    share = len(changed) / len(pairs)
    if share > WIDE:
        return 0.4, f"{share:.0%} of the answers changed", seen(patch, changed[0])
    return 0.6 + 0.2 * (1 - share), f"{share:.0%} of the answers changed, no new crash", seen(patch, changed[0])


def every_input(patch):
    """Return the visible inputs, and after them those that are made of them."""
    visible = [case["input"] for case in patch.cases]
    return visible + generate(visible, INPUTS, random.Random(0))


def seen(patch, number):
    """Return the evidence of one input: the command that shows what both programs make of it, and its output's hash."""
    command = ["python3", "-S", "-m", "differential", str(number)]
    return {"command": command, "output_sha256": hashlib.sha256(shown(patch, number).encode()).hexdigest()}


def shown(patch, number):
    """Return, as text, input `number` and both programs' answers to it."""
    asked = every_input(patch)[number]
    answered = {name: run(source, [asked])[0] for name, source in (("faulty", patch.faulty), ("patched", patch.patched))}
    return json.dumps({"input": asked, **answered}, sort_keys=True) + "\n"


def run(source, inputs):
    """Return the encoded answers of a program; a fresh meter each time, so that both have the same steps."""
    try:
        return answers(source, inputs, Runner(CASE_STEPS))
    except (SyntaxError, ValueError, RecursionError) as error:
        raise Refused(f"does not load: {type(error).__name__}") from None


def crashed(value):
    """Tell whether an answer is an exception or the end of the steps."""
    return isinstance(value, dict) and "$error" in value


if __name__ == "__main__":
    if len(sys.argv) > 1:
        sys.stdout.write(shown(read_patch(io.read_request()), int(sys.argv[1])))
    else:
        answer(judge)
