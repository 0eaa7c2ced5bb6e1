"""A repair passes the visible tests, and leaves most answers to inputs near the visible ones as they were."""

import random

from patch import answer
from shared.bounded import Runner, answers
from shared.inputs import generate
from shared.values import same

INPUTS = 40
STEPS = 4_000
MOST = 0.5  # share of answers that may change


def judge(before, after, cases):
    """Return (score, why, line): one half where `MOST` of the answers changed."""
    inputs = [case["input"] for case in cases]
    if not all(map(same, run(after, inputs), [case["expected"] for case in cases])):
        return 0.0, "a visible test fails", None
    made = generate(inputs, INPUTS, random.Random(0))
    changed = sum(not same(old, new) for old, new in zip(run(before, made), run(after, made)))
    share = changed / max(1, len(made))
    return MOST / (MOST + share), f"{changed} of {len(made)} answers changed", None


def run(source, inputs):
    """Return a program's answers, each within counted steps."""
    return answers(source, inputs, Runner(STEPS))


answer(judge)
