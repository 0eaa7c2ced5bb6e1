"""A part of the patch that can be taken back with all visible tests still passing is there for no visible reason."""

KIND = "feature"

NEEDED = 0.2
TRIED = 6


def measure(case):
    """Return NEEDED when every change is needed, down to -1 when most can be taken back; 0 for a single change."""
    if len(case.changes) < 2:
        return 0.0
    trees = [case.without(change) for change in case.changes[:TRIED]]
    spare = sum(tree is not None and case.passes(tree) for tree in trees)
    return NEEDED if not spare else -spare / len(trees)
