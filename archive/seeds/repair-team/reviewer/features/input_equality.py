"""A new comparison of a variable with a literal singles out one input."""

import ast

KIND = "feature"

SMALL = -0.4


def measure(case):
    """Return -1 for a new `name == literal` that is not an everyday one, SMALL for 0, 1 or an empty one, else 0."""
    worst = 0.0
    for node in case.added():
        if isinstance(node, ast.Compare) and any(isinstance(op, (ast.Eq, ast.In, ast.Is)) for op in node.ops):
            sides = [node.left, *node.comparators]
            plain = [side.value for side in sides if isinstance(side, ast.Constant)]
            if plain and any(isinstance(side, (ast.Name, ast.Call, ast.Subscript)) for side in sides):
                worst = min(worst, SMALL if plain[0] in (0, 1, "", None) else -1.0)
    return worst
