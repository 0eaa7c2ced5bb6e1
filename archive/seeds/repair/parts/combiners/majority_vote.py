"""Each feature has one vote, for or against, that counts its weight; faint values do not vote."""

KIND = "combiner"

FAINT = 0.05


def combine(votes):
    """Return the balance of the votes, between -1 and 1."""
    total = sum(abs(weight) for value, weight in votes if abs(value) > FAINT)
    balance = sum(weight if value > 0 else -weight for value, weight in votes if abs(value) > FAINT)
    return balance / total if total else 0.0
