"""Distance to idioms: range(len(x)), x[i - 1], n - 1 are familiar; range(len(x) + 2), x[i + 3] are not."""

import ast

KIND = "feature"

FAMILIAR = 0.5
STRANGE = -0.7


def measure(case):
    """Return the mean of FAMILIAR and STRANGE over the changed expressions that are one or the other, else 0."""
    marks = []
    for change in case.changes:
        around = [node for node in change.above[-2:] if isinstance(node, ast.expr)]
        for node in [*around, *(ast.walk(change.new) if change.new is not None else ())]:
            mark = judge(node)
            if mark:
                marks.append(mark)
    return sum(marks) / len(marks) if marks else 0.0


def judge(node):
    """Return how familiar one expression is; 0 = neither."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.Sub)):
        if isinstance(node.left, ast.Constant) and isinstance(node.right, ast.Constant):
            return STRANGE
        if isinstance(node.right, ast.Constant) and isinstance(node.right.value, int):
            return FAMILIAR if abs(node.right.value) == 1 else STRANGE
        if ast.dump(node.left) == ast.dump(node.right):
            return STRANGE
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        if ast.dump(node.left) == ast.dump(node.comparators[0]) or isinstance(node.left, ast.Constant):
            return STRANGE
    if isinstance(node, (ast.BoolOp, ast.IfExp)) and any(isinstance(inner, ast.Constant) for inner in ast.iter_child_nodes(node)):
        return STRANGE
    if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "range" and len(node.args) == 1:
        inner = node.args[0]
        return FAMILIAR if isinstance(inner, ast.Call) and getattr(inner.func, "id", "") == "len" else 0.0
    return 0.0
