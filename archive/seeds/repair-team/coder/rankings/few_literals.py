"""Prefers patches without new literals, above all without those of the visible cases: special cases fit tests only."""

import ast
import json

KIND = "ranking"
PLAIN = (0, 1, -1, 2, "", True, False, None)
COST = 0.25  # of a new literal
TEST_COST = 0.5  # of one that a visible case holds


def rank(patches: list, evidence) -> list:
    """Return 1 less the cost of each patch's new literals."""
    old = _literals(evidence.base.program.tree)
    tests = json.dumps(evidence.cases)
    return [max(0.0, 1.0 - _cost(_literals(ast.parse(patch.text)), old, tests)) for patch in patches]


def _literals(tree) -> list:
    return [repr(node.value) for node in ast.walk(tree) if isinstance(node, ast.Constant)]


def _cost(new, old, tests):
    cost = 0.0
    for text in set(new):
        if new.count(text) > old.count(text) and text not in map(repr, PLAIN):
            cost += TEST_COST if text.strip("'\"") in tests else COST
    return cost
