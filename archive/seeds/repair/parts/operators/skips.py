"""Leaves a loop or an iteration early: inserts ``if condition: continue`` (or break) with a condition of the program."""

import ast

from shared.make import compare, name, negate, when

KIND = "operator"
MAX_TESTS = 14  # conditions tried for each loop


def propose(tree, context):
    """Yield the edits."""
    for loop in context.nodes(ast.For, ast.While):
        for place in dict.fromkeys([loop.body[0], loop.body[-1]]):
            for test in _tests(place, loop, context)[:MAX_TESTS]:
                for jump in (ast.Continue, ast.Break):
                    yield context.insert(place, when(test, jump()), size=3)
        yield context.insert(loop.body[-1], ast.Break(), after=True)


def _tests(place, loop, context):
    found = {}
    names = context.names(place)
    inner = [item.id for item in ast.walk(loop.target) if isinstance(item, ast.Name)] if isinstance(loop, ast.For) else names
    for variable in inner:
        value = name(variable)
        found[f"not {variable}"] = ast.UnaryOp(ast.Not(), value)
        for other in names:
            if context.variable_kind(place, other) in ("set", "list", "dict", "defaultdict") and other != variable:
                found[f"{variable} in {other}"] = compare(value, ast.In, name(other))
            elif other != variable and context.variable_kind(place, other) == context.variable_kind(place, variable):
                found[f"{variable} == {other}"] = compare(value, ast.Eq, name(other))
    for text, item in context.conditions(place):
        found.setdefault(text, item)
        found.setdefault("not " + text, negate(item))
    return list(found.values())
