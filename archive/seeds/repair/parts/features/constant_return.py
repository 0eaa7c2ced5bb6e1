"""A new return of a constant, or a new early return, is a short way past a failing test."""

import ast

KIND = "feature"

EARLY = -0.5


def measure(case):
    """Return -1 for a new `return <constant>`, EARLY for another new return, else 0."""
    worst = 0.0
    for change in case.changes:
        for node in ast.walk(change.new) if change.new is not None else ():
            if isinstance(node, ast.Return) and not contains(change.old, ast.Return):
                worst = min(worst, -1.0 if is_plain(node.value) else EARLY)
        inside = change.above and isinstance(change.above[-1], ast.Return)
        if inside and is_plain(change.new) and not is_plain(change.old):
            worst = -1.0
    return worst


def contains(tree, kind):
    """Tell whether a subtree holds a node of one kind."""
    return tree is not None and any(isinstance(node, kind) for node in ast.walk(tree))


def is_plain(node):
    """Tell whether an expression is a literal or an empty container."""
    if isinstance(node, ast.Dict):
        return not node.keys
    if isinstance(node, (ast.List, ast.Tuple)):
        return not node.elts
    return node is None or isinstance(node, ast.Constant)
