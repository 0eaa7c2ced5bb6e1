"""A repair changes some answers: a patch that changes hardly any is too narrow, one that changes nearly all too wide."""

from shared.values import same

KIND = "feature"

NARROW = 0.1
WIDE = 0.9
HEIGHT = 0.5


def measure(case):
    """Return HEIGHT between NARROW and WIDE, falling to -1 at no and at every changed answer."""
    if len(case.legal) < 4:
        return 0.0
    share = sum(not same(faulty, patched) for _, faulty, patched in case.legal) / len(case.legal)
    if share < NARROW:
        return -1.0 + (1.0 + HEIGHT) * share / NARROW
    if share > WIDE:
        return -1.0 + (1.0 + HEIGHT) * (1.0 - share) / (1.0 - WIDE)
    return HEIGHT
