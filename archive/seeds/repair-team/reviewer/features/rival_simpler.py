"""When one small edit repairs all visible tests, a larger patch that does the same needs a reason."""

KIND = "feature"

SMALL = 2
LARGE = 10


def measure(case):
    """Return from 0.3 (the patch is small itself) to -1 (LARGE, while a single edit would do); 0 without rivals."""
    size = sum(change.size for change in case.changes)
    if not case.rivals:
        return 0.0
    return 0.3 if size <= SMALL else -min(1.0, (size - SMALL) / LARGE)
