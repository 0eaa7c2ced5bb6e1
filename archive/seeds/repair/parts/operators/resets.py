"""Sets an attribute of ``self`` to an empty or other value, and grows or counts it: missing bookkeeping in classes."""

import ast

from shared.make import method, name, number

KIND = "operator"
EMPTY = {"list": "[]", "dict": "{}", "set": "set()", "int": "0", "str": "''", "NoneType": "None", "float": "0.0"}


def propose(tree, context):
    """Yield the edits."""
    for place in context.nodes(ast.stmt):
        function = context.function(place)
        if isinstance(function, ast.Module) or "self" not in context.names(place):
            continue
        after = place is context.block(place)[-1]
        after = after and not isinstance(place, (ast.Return, ast.Raise, ast.Break, ast.Continue))
        for statement in _statements(place, context):
            yield context.insert(place, statement)
            if after:
                yield context.insert(place, statement, after=True)


def _statements(place, context):
    for attribute in context.attributes():
        kinds = context.observed.get(("self", attribute), set())
        target = ast.Attribute(name("self"), attribute, ast.Store())
        read = ast.Attribute(name("self"), attribute, ast.Load())
        for kind in sorted(kinds & EMPTY.keys()):
            yield ast.Assign([target], ast.parse(EMPTY[kind], mode="eval").body)
        if "int" in kinds:
            yield ast.AugAssign(target, ast.Add(), number(1))
            yield ast.AugAssign(target, ast.Sub(), number(1))
        for variable in context.names(place):
            kind = context.variable_kind(place, variable)
            if kind in kinds and variable != "self":
                yield ast.Assign([target], name(variable))
                if kind in ("int", "float"):
                    yield ast.AugAssign(target, ast.Add(), name(variable))
                    yield ast.AugAssign(target, ast.Sub(), name(variable))
            elif variable != "self" and kinds & {"list", "set"}:
                yield ast.Expr(method(read, "append" if "list" in kinds else "add", name(variable)))
