"""Gives a value a second case: ``x`` becomes ``y if condition else x``, or ``x or y``."""

import ast

from shared.make import either, name, number

KIND = "operator"
HOLDERS = (ast.Assign, ast.Return, ast.Call, ast.AugAssign, ast.keyword)
MAX_TESTS = 8
MAX_VALUES = 8


def propose(tree, context):
    """Yield the edits."""
    for node in context.nodes(ast.expr):
        parent = context.parent(node)
        stored = isinstance(getattr(node, "ctx", None), ast.Store)
        if stored or not isinstance(parent, HOLDERS) or getattr(parent, "func", None) is node:
            continue
        values = _values(node, context)[:MAX_VALUES]
        for value in values:
            if isinstance(node, (ast.Name, ast.Call, ast.Subscript, ast.Attribute)):
                yield context.replace(node, either(node, value), 2)
        for test in _tests(node, context)[:MAX_TESTS]:
            for value in values:
                yield context.replace(node, ast.IfExp(test, value, node), 3)


def _values(node, context) -> list:
    kind, own = context.kind(node), ast.unparse(node)
    found = {}
    for variable in context.names(node):
        held = context.variable_kind(node, variable)
        if variable not in (own, "self") and held is not None and context.fits(kind, held):
            found[variable] = name(variable)
    if kind in ("int", "number", None):
        found.update({"0": number(0), "1": number(1)})
    if kind in ("str", None):
        found["''"] = ast.Constant("")
    if kind in ("list", None):
        found["[]"] = ast.List([], ast.Load())
    found.pop(own, None)
    return list(found.values())


def _tests(node, context) -> list:
    """Return the variables that may be empty or false, then the program's conditions."""
    kinds = {item: context.variable_kind(node, item) for item in context.names(node)}
    tests = [name(item) for item, kind in kinds.items() if kind in ("str", "list", "bool", "dict", "set", None) and item != "self"]
    return tests + [item for _, item in context.conditions(node)]
