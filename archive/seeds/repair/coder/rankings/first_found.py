"""Prefers the plausible patch that was found first."""

KIND = "ranking"
ENOUGH = 1  # plausible patches: later ones would never be chosen


def rank(patches: list, evidence) -> list:
    """Return a score in [0, 1] for each patch."""
    return [1.0 - patch.found / len(patches) for patch in patches]
