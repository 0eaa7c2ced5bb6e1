"""What kind of node was edited: people's faults are mostly in comparisons, operators, indices and names."""

import ast

KIND = "feature"

OPERATOR = 0.8
BOUNDARY = 0.6
NAME = 0.4
CONSTANT = 0.0
STATEMENT = -0.4
CONDITION = -0.6


def measure(case):
    """Return the mean over the changes of how often such an edit is a right repair."""
    values = [worth(change) for change in case.changes]
    return sum(values) / len(values) if values else 0.0


def worth(change):
    """Return one change's value by the node that came or went."""
    node = change.new if change.new is not None else change.old
    if isinstance(node, (ast.cmpop, ast.operator, ast.boolop, ast.unaryop)):
        return OPERATOR
    if change.old is not None and change.new is not None and is_boundary(change.old, change.new):
        return BOUNDARY
    if isinstance(node, (ast.Name, ast.Attribute)):
        return NAME
    if isinstance(node, ast.Constant):
        return CONSTANT
    if isinstance(node, (ast.If, ast.IfExp)) and change.old is None:
        return CONDITION
    return STATEMENT if isinstance(node, ast.stmt) else 0.0


def is_boundary(old, new):
    """Tell whether one expression is the other plus or minus a number."""
    for long, short in ((old, new), (new, old)):
        if isinstance(long, ast.BinOp) and isinstance(long.right, ast.Constant):
            if ast.dump(long.left) == ast.dump(short):
                return True
    return False
