"""Repairs are mostly made of what the program holds already: the share of the added expressions that occur in it."""

import ast

KIND = "feature"

MIDDLE = 0.5


def measure(case):
    """Return from -1 (nothing that was added occurs in the faulty program) to 1 (all of it does)."""
    old = {ast.dump(node) for node in ast.walk(case.faulty) if isinstance(node, (ast.expr, ast.stmt))}
    added = [node for node in case.added() if isinstance(node, (ast.expr, ast.stmt)) and not isinstance(node, ast.Constant)]
    if not added:
        return 0.0
    share = sum(ast.dump(node) in old for node in added) / len(added)
    return max(-1.0, min(1.0, (share - MIDDLE) / (1.0 - MIDDLE)))
