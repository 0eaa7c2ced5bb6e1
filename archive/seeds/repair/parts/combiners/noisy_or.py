"""One strong objection is enough: objections multiply up, approval only tempers them."""

KIND = "combiner"

LEAK = 0.3
APPROVAL = 0.5


def combine(votes):
    """Return a number that falls from LEAK as weighted objections add up, and rises a little with approval."""
    quiet, approval = 1.0, 0.0
    for value, weight in votes:
        support = value * weight
        if support < 0:
            quiet *= max(0.0, 1.0 + max(-1.0, support))
        approval += max(0.0, support)
    return LEAK - (1.0 - quiet) + APPROVAL * approval / (1.0 + approval)
