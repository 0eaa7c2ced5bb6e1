"""The more visible tests a patch turns from failing to passing, the less likely it does so by chance."""

KIND = "feature"

ENOUGH = 3
LOW = -0.4


def measure(case):
    """Return from LOW (one test turned) to 1 (ENOUGH or more)."""
    turned = len(case.failing)
    return min(1.0, LOW + (1.0 - LOW) * (turned - 1) / (ENOUGH - 1)) if turned else 0.0
