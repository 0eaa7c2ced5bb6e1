"""Each comparison that comes in beyond those that go is a case distinction; repairs correct comparisons, they add few."""

import ast

KIND = "feature"

EACH = 0.5
NONE = 0.2


def measure(case):
    """Return NONE when no comparison is added, -EACH for each added one down to -1."""
    new = count(case.patched) - count(case.faulty)
    return NONE if new <= 0 else max(-1.0, -EACH * new)


def count(tree):
    """Return how many comparisons a program makes."""
    return sum(isinstance(node, ast.Compare) for node in ast.walk(tree))
