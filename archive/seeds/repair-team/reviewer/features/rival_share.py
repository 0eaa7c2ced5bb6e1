"""How many plausible patches behave just as the patch does, against the largest group of those that behave otherwise."""

import math

from shared.values import canonical

KIND = "feature"

UNSEEN = 1.0  # patches that each side is taken to have beyond those that were found
SCALE = 2.0
STEPS_SHARE = 0.8  # of a review's steps, beyond which no further rival counts


def measure(case):
    """Return the logarithm of the two groups' ratio, over SCALE, within -1 and 1; 0 where they are equal."""
    tested = [item for item, _, _ in case.legal]
    mine = [canonical(patched) for _, _, patched in case.legal]
    groups = {}
    for rival in case.rivals:
        key = tuple(canonical(case.answer(rival.program, item)) for item in tested)
        if case.spent() > STEPS_SHARE * case.max_steps:
            break
        groups[key] = groups.get(key, 0) + 1
    agreeing = groups.pop(tuple(mine), 0)
    ratio = (agreeing + UNSEEN) / (max(groups.values(), default=0) + UNSEEN)
    return max(-1.0, min(1.0, math.log(ratio) / SCALE))
