"""Prefers the behaviour that most patches share on generated inputs: wrong patches are wrong in different ways."""

from shared.values import canonical

KIND = "ranking"


def rank(patches: list, evidence) -> list:
    """Return the share of patches with the same answers."""
    keys = [canonical(evidence.answers(patch)) for patch in patches]
    counts = {key: keys.count(key) for key in keys}
    largest = max(counts.values())
    return [counts[key] / largest for key in keys]
