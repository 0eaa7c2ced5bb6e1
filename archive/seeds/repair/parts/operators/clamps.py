"""Bounds a number from below or above: ``x`` becomes ``max(x, 0)``, ``min(x, n - 1)`` or ``max(x, y)``."""

import ast

from shared.context import NUMBERS, SIZED
from shared.make import call, name, number, offset

KIND = "operator"
PLACES = (ast.BinOp, ast.Name, ast.Call, ast.Subscript, ast.Attribute)
HOLDERS = (ast.Assign, ast.Return, ast.Call, ast.AugAssign, ast.Subscript, ast.keyword, ast.Slice, ast.Tuple)
MAX_MINED = 10  # expressions of the program tried as bounds of each place


def propose(tree, context):
    """Yield the edits."""
    for node in context.nodes(*PLACES):
        parent = context.parent(node)
        stored = isinstance(getattr(node, "ctx", None), ast.Store)
        if context.kind(node) in NUMBERS and not stored and isinstance(parent, HOLDERS) and not _is_called(node, parent):
            yield context.replace(node, call("max", number(0), node), 2)
            for bound in _bounds(node, context):
                yield context.replace(node, call("min", node, bound), 2)
                yield context.replace(node, call("max", node, bound), 2)
    for node in context.nodes(ast.AugAssign):
        if context.kind(node.value) in (*NUMBERS, None) and isinstance(node.target, ast.Name):
            for function in ("max", "min"):
                kept = call(function, name(node.target.id), node.value)
                yield context.replace(node, ast.Assign([node.target], kept), 2)
    for node in context.nodes(ast.Call):
        if isinstance(node.func, ast.Name) and node.func.id in ("min", "max") and len(node.args) == 2:
            yield context.replace(node, node.args[0])
            yield context.replace(node, node.args[1])


def _is_called(node, parent):
    return getattr(parent, "func", None) is node


def _bounds(node, context):
    """Return what may bound `node`: variables, sizes and one less than them, then numbers of the program."""
    own = ast.unparse(node)
    target = _target(context.statement(node))
    found = {}
    for variable in context.names(node):
        kind = context.variable_kind(node, variable)
        if kind in NUMBERS and (variable not in own.split() or variable == target):
            found[variable] = name(variable)
            if kind == "int":
                found[variable + " - 1"] = offset(name(variable), -1)
        elif kind in SIZED:
            found[f"len({variable})"] = call("len", name(variable))
    others = [
        (text, item)
        for text, item in context.mined(node)
        if context.kind(item) in NUMBERS and text != own and isinstance(item, (ast.Subscript, ast.BinOp, ast.Attribute))
    ]
    found.update(others[:MAX_MINED])
    return list(found.values())


def _target(statement):
    targets = getattr(statement, "targets", [])
    return targets[0].id if targets and isinstance(targets[0], ast.Name) else None
