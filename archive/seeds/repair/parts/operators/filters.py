"""Adds a filter to a comprehension: an item that is true, not None, or meets a condition of the program."""

import ast

from shared.make import compare, name, negate

KIND = "operator"
MAX_TESTS = 12


def propose(tree, context):
    """Yield the edits."""
    for node in context.nodes(ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp):
        for loop in node.generators:
            for test in _tests(loop, context)[:MAX_TESTS]:
                yield context.set(loop, "ifs", [*loop.ifs, test], 2)


def _tests(loop, context):
    found = {}
    names = [item for item in ast.walk(loop.target) if isinstance(item, ast.Name)]
    for item in names:
        value = name(item.id)
        found[item.id] = value
        found[f"{item.id} is not None"] = compare(value, ast.IsNot, ast.Constant(None))
        for other in context.names(loop.target):
            if other != item.id and other not in (part.id for part in names):
                found[f"{item.id} != {other}"] = compare(value, ast.NotEq, name(other))
                if context.variable_kind(loop.target, other) in ("list", "set", "dict"):
                    found[f"{item.id} not in {other}"] = compare(value, ast.NotIn, name(other))
    for text, item in context.conditions(loop.target):
        found.setdefault(text, item)
        found.setdefault("not " + text, negate(item))
    return list(found.values())
