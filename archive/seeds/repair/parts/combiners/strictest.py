"""Only what every feature lets pass is accepted: the most negative weighted value decides."""

KIND = "combiner"


def combine(votes):
    """Return the smallest weighted value, 0 without a feature."""
    return min((value * weight for value, weight in votes), default=0.0)
