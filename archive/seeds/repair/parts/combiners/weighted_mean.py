"""The weighted values' mean: adding a feature does not move the others' threshold."""

KIND = "combiner"


def combine(votes):
    """Return the mean of the values, weighted, between -1 and 1."""
    total = sum(abs(weight) for _, weight in votes)
    return sum(value * weight for value, weight in votes) / total if total else 0.0
