"""Small edits are more often right than large ones."""

KIND = "feature"

LARGE = 12


def measure(case):
    """Return 1 for an edit of one syntax node, falling to -1 for an edit of LARGE nodes or more."""
    size = sum(change.size for change in case.changes)
    return 1.0 - 2.0 * min(1.0, (size - 1) / LARGE)
