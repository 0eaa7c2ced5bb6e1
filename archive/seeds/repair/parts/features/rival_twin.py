"""A rival found at another line or by another kind of edit that behaves just as the patch does confirms it."""

from shared.values import canonical

KIND = "feature"

TESTED = 60
FEWEST = 1
ALONE = -0.5


def measure(case):
    """Return 1 when some rival gives the same answers on all generated inputs, ALONE when none of them does."""
    if len(case.rivals) < FEWEST:
        return 0.0
    tested = case.legal[:TESTED]
    mine = [canonical(patched) for _, _, patched in tested]
    for rival in case.rivals:
        if all(canonical(case.answer(rival.program, item)) == want for (item, _, _), want in zip(tested, mine)):
            return 1.0
    return ALONE
