"""Inserts a small new statement on variables of the program: ``x += 1``, ``x = y``, ``x.append(y)``, ``x.add(y)``."""

import ast

from shared.make import assign, method, name, number

KIND = "operator"
GROWERS = {"list": "append", "set": "add", "deque": "append"}


def propose(tree, context):
    """Yield the edits."""
    for place in context.nodes(ast.stmt):
        if isinstance(place, (ast.FunctionDef, ast.ClassDef)) or isinstance(context.function(place), ast.Module):
            continue
        last = place is context.block(place)[-1]
        ends = isinstance(place, (ast.Return, ast.Raise, ast.Break, ast.Continue))
        for statement in _statements(place, context):
            yield context.insert(place, statement)
            if last and not ends:
                yield context.insert(place, statement, after=True)


def _statements(place, context):
    kinds = {item: context.variable_kind(place, item) for item in context.names(place)}
    stored = _changed(context.function(place))
    for variable in (item for item in stored if item in kinds):
        kind = kinds[variable]
        if kind == "int":
            for operator in (ast.Add, ast.Sub):
                yield ast.AugAssign(ast.Name(variable, ast.Store()), operator(), number(1))
            yield assign(variable, number(0))
        elif kind == "list":
            yield assign(variable, ast.List([], ast.Load()))
        elif kind == "str":
            yield assign(variable, ast.Constant(""))
        for other in kinds:
            if other != variable and kind is not None and kinds[other] == kind:
                yield assign(variable, name(other))
    for holder, kind in kinds.items():
        if kind in GROWERS:
            for other in kinds:
                if other != holder and context.fits(context.variable_kind(place, holder + "[]"), kinds[other]):
                    yield ast.Expr(method(name(holder), GROWERS[kind], name(other)))


def _changed(function):
    """Return the variables that a function assigns, in order of appearance."""
    names = [item.id for item in ast.walk(function) if isinstance(item, ast.Name) and isinstance(item.ctx, ast.Store)]
    return list(dict.fromkeys(names))
