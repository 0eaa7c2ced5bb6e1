"""A patch that mostly takes code away often silences the failing test instead of repairing the fault."""

KIND = "feature"

LARGE = 8


def measure(case):
    """Return -1 when much more is removed than added, 0 when as much is added, a little more than 0 beyond."""
    removed, added = len(case.removed()), len(case.added())
    return max(-1.0, min(0.3, (added - removed) / LARGE))
