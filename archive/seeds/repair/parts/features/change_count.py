"""A patch in several places is one that had to be patched up; faults come alone more often than not."""

KIND = "feature"

ONE = 0.4
EACH = 0.4


def measure(case):
    """Return ONE for a single change, EACH less for every further one, down to -1."""
    return max(-1.0, ONE - EACH * (len(case.changes) - 1))
