"""Inserts an early return at the start of a function or before a return: ``if not x: return y``."""

import ast

from shared.context import SIZED
from shared.make import compare, name, number, when

KIND = "operator"
MAX_RESULTS = 7  # returned values tried for each condition


def propose(tree, context):
    """Yield the edits."""
    for function in context.everywhere(ast.FunctionDef):
        body = [item for item in function.body if not _is_text(item)]
        places = [item for item in body[:1] + body[-1:] if context.is_open(item)]
        for place in dict.fromkeys(places):
            for test in _tests(function, place, context):
                for value in _results(function, context)[:MAX_RESULTS]:
                    yield context.insert(place, when(test, ast.Return(value)), size=3)


def _is_text(item):
    return isinstance(item, ast.Expr) and isinstance(item.value, ast.Constant)


def _tests(function, place, context):
    for variable in context.names(place):
        kind = context.variable_kind(place, variable)
        if variable == "self" or kind == "function":
            continue
        value = name(variable)
        if kind in ("int", "float", "number"):
            yield compare(value, ast.Eq, number(0))
            yield compare(value, ast.Lt, number(0))
            yield compare(value, ast.LtE, number(0))
            yield compare(value, ast.Eq, number(1))
        else:
            yield ast.UnaryOp(ast.Not(), value)
            yield compare(value, ast.Is, ast.Constant(None))
        if kind in SIZED:
            yield compare(ast.Call(name("len"), [value], []), ast.Eq, number(1))
    numbers = [item for item in context.names(place) if context.variable_kind(place, item) == "int"]
    for left, right in zip(numbers, numbers[1:]):
        for operator in (ast.Gt, ast.Lt, ast.Eq):
            yield compare(name(left), operator, name(right))


def _results(function, context):
    """Return what the function might return: constants, its arguments, its own returned values."""
    found = {}
    for item in ast.walk(function):
        if isinstance(item, ast.Return) and item.value is not None and isinstance(item.value, (ast.Constant, ast.UnaryOp)):
            found[ast.unparse(item.value)] = item.value
    kinds = {context.kind(item.value) for item in ast.walk(function) if isinstance(item, ast.Return) and item.value}
    for kind, values in EMPTY.items():
        if kind in kinds or None in kinds or not kinds:
            for text in values:
                found.setdefault(text, ast.parse(text, mode="eval").body)
    for argument in function.args.args:
        if argument.arg != "self":
            found.setdefault(argument.arg, name(argument.arg))
    return list(found.values())


EMPTY = {
    "list": ["[]"], "int": ["0", "1", "-1"], "str": ["''"], "bool": ["False", "True"], "dict": ["{}"],
    "float": ["0.0"], "number": ["0", "0.0"], "tuple": ["()"], "set": ["set()"], None: ["None", "[]", "0", "False"],
}  # fmt: skip
