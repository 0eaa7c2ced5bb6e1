"""Each new branch is a chance to special-case; a repair more often corrects one that is there."""

import ast

KIND = "feature"

EACH = 0.6
NONE = 0.2
BRANCHES = (ast.If, ast.IfExp, ast.BoolOp, ast.For, ast.While, ast.Try)


def measure(case):
    """Return NONE without a new branch, -EACH for each new one down to -1."""
    new = count(case.patched) - count(case.faulty)
    return NONE if new <= 0 else max(-1.0, -EACH * new)


def count(tree):
    """Return how many branches a program has."""
    return sum(isinstance(node, BRANCHES) for node in ast.walk(tree))
