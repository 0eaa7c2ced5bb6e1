"""Differential execution: both programs answer generated inputs near the visible ones, with counted steps.

A repair makes no new crashes, answers differently in more places than the visible tests, and not nearly everywhere.
"""

import random

from shared.bounded import Runner, answers
from shared.inputs import generate
from shared.patch import Refused, answer
from shared.values import same

INPUTS = 80
CASE_STEPS = 4_000
NEW_CRASHES = 0.02  # share of inputs that may newly crash
WIDE = 0.9  # share of answers from which on a patch is another program


def judge(patch):
    """Return (score, claim, line) from new crashes and from how many answers changed."""
    inputs = [case["input"] for case in patch.cases]
    if not all(map(same, run(patch.patched, inputs), [case.get("expected") for case in patch.cases])):
        return 0.0, "a visible test fails", None
    made = generate(inputs, INPUTS, random.Random(0))
    pairs = list(zip(run(patch.faulty, made), run(patch.patched, made)))
    sound = [(old, new) for old, new in pairs if not crashed(old)]
    if not sound:
        return 0.5, "the faulty program answers no generated input", None
    crashes = sum(crashed(new) for _, new in sound) / len(sound)
    changed = sum(not same(old, new) for old, new in pairs) / len(pairs)
    if crashes > NEW_CRASHES:
        return max(0.0, 0.4 - crashes), f"crashes on {crashes:.0%} of the inputs that were answered before", None
    if changed == 0:
        return 0.3, "no generated input is answered differently: the change fits the visible tests only", None
    if changed > WIDE:
        return 0.4, f"{changed:.0%} of the answers changed", None
    return 0.6 + 0.2 * (1 - changed), f"{changed:.0%} of the answers changed, no new crash", None


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
    answer(judge)
