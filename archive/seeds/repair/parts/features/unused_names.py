"""A name that the faulty program used and the patched one only sets (or takes and ignores) has lost its purpose."""

import ast

KIND = "feature"

EACH = 0.5
CLEAN = 0.1


def measure(case):
    """Return -EACH for each name that became unused, down to -1; CLEAN when none did."""
    lost = idle(case.patched) - idle(case.faulty)
    return max(-1.0, -EACH * len(lost)) if lost else CLEAN


def idle(tree):
    """Return the variables, parameters and attributes that are bound and never read."""
    bound, read = set(), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.arg):
            bound.add(node.arg)
        elif isinstance(node, ast.Name):
            (read if isinstance(node.ctx, ast.Load) else bound).add(node.id)
        elif isinstance(node, ast.Attribute):
            (read if isinstance(node.ctx, ast.Load) else bound).add("." + node.attr)
    return bound - read
