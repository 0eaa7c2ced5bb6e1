"""A new look at a fixed place (`items[0]`, `text[-1]`, `len(x) == 1`) often tells the tested input from others."""

import ast

KIND = "feature"

EACH = 0.6


def measure(case):
    """Return -EACH for each fixed index or compared length that the patch brings in, down to -1."""
    new = max(0, count(case.patched) - count(case.faulty))
    return -min(1.0, EACH * new)


def count(tree):
    """Return how many fixed indices and compared lengths a program has."""
    found = 0
    for node in ast.walk(tree):
        if isinstance(node, ast.Subscript) and is_number(node.slice):
            found += 1
        elif isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            lengths = [side for side in sides if isinstance(side, ast.Call) and getattr(side.func, "id", "") == "len"]
            found += bool(lengths) and any(is_number(side) for side in sides)
    return found


def is_number(node):
    """Tell whether an expression is a literal number, with or without a sign."""
    if isinstance(node, ast.UnaryOp):
        node = node.operand
    return isinstance(node, ast.Constant) and isinstance(node.value, int)
