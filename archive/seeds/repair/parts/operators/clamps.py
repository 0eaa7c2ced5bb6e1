"""Bounds a number from below or above: ``x`` becomes ``max(x, 0)``, ``min(x, y)`` or ``max(x, y)``."""

import ast

from shared.context import SIZED
from shared.make import call, name, number

KIND = "operator"
PLACES = (ast.BinOp, ast.Name, ast.Call, ast.Subscript, ast.Attribute)


def propose(tree, context):
    """Yield the edits."""
    for node in context.nodes(*PLACES):
        parent = context.parent(node)
        if context.kind(node) not in ("int", "float", "number") or isinstance(getattr(node, "ctx", None), ast.Store):
            continue
        if isinstance(parent, (ast.Assign, ast.Return, ast.Call, ast.AugAssign, ast.Subscript, ast.keyword, ast.Slice)):
            if getattr(parent, "func", None) is not node:
                yield context.replace(node, call("max", number(0), node), 2)
                for bound in _bounds(node, context):
                    yield context.replace(node, call("min", node, bound), 2)
                    yield context.replace(node, call("max", node, bound), 2)


def _bounds(node, context):
    own = {item.id for item in ast.walk(node) if isinstance(item, ast.Name)}
    target = _target(context.statement(node))
    for variable in context.names(node):
        kind = context.variable_kind(node, variable)
        if kind in ("int", "float", "number") and (variable not in own or variable == target):
            yield name(variable)
        elif kind in SIZED:
            yield call("len", name(variable))


def _target(statement):
    targets = getattr(statement, "targets", [])
    return targets[0].id if targets and isinstance(targets[0], ast.Name) else None
