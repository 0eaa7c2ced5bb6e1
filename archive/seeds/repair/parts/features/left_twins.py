"""The edited expression stands unedited elsewhere too: a fault is seldom repaired in one of two equal places."""

import ast

KIND = "feature"

SMALLEST = 3
ALONE = 0.1


def measure(case):
    """Return -0.7 when the old form of an edited expression is still in the patched program, else ALONE."""
    for change in case.changes:
        for holder in reversed(change.above):
            if isinstance(holder, (ast.Compare, ast.BinOp, ast.Call, ast.Subscript)):
                return -0.7 if has_twin(case, holder, change) else ALONE
    return 0.0


def has_twin(case, holder, change):
    """Tell whether the faulty program's expression at the edited place occurs in the patched program."""
    olds = [
        node
        for node in ast.walk(case.faulty)
        if type(node) is type(holder) and (node.lineno, node.col_offset) == (holder.lineno, holder.col_offset)
    ]
    if not olds or sum(1 for _ in ast.walk(olds[0])) < SMALLEST:
        return False
    wanted = ast.dump(olds[0])
    return any(type(node) is type(holder) and ast.dump(node) == wanted for node in ast.walk(case.patched))
