"""Add up the weighted values."""

KIND = "combiner"


def combine(votes):
    """Return one number from a list of (value, weight); positive speaks for the patch."""
    return sum(value * weight for value, weight in votes)
