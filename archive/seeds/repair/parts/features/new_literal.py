"""New literals other than the everyday ones are seldom part of a repair."""

import ast

KIND = "feature"

EVERYDAY = (0, 1, -1, 2, "", " ", None, True, False)
ORDINARY = 0.1


def measure(case):
    """Return -1 for a literal that is nowhere in the faulty program nor an everyday one, else ORDINARY."""
    old = {repr(node.value) for node in ast.walk(case.faulty) if isinstance(node, ast.Constant)}
    for node in case.added():
        if isinstance(node, ast.Constant) and repr(node.value) not in old:
            if not any(node.value == common and type(node.value) is type(common) for common in EVERYDAY):
                return -1.0
    return ORDINARY
