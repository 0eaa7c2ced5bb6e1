"""Where many different small edits pass the visible tests, the tests say little and any patch is doubtful."""

KIND = "feature"

MANY = 10


def measure(case):
    """Return from 0.5 (no rival was found) to -1 (MANY or more)."""
    return max(-1.0, 0.5 - 1.5 * len(case.rivals) / MANY)
