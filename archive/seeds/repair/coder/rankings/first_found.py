"""Prefers the plausible patch that was found first."""

KIND = "ranking"


def rank(patches: list, evidence) -> list:
    """Return a score in [0, 1] for each patch."""
    return [1.0 / (1 + patch.found) for patch in patches]
