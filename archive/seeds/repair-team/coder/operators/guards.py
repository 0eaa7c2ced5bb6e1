"""Inserts an early exit before a statement: ``if not x: return y``, ``if x in seen: return``, ``if x: raise ...``."""

import ast

from shared.context import BUILTINS, SIZED, free_names
from shared.make import compare, name, number, renamed, when

KIND = "operator"
MAX_RESULTS = 6  # exits tried for each condition
EVERYWHERE = 1  # 0: only at the start and the end of a function


def propose(tree, context):
    """Yield the edits."""
    for function in context.everywhere(ast.FunctionDef):
        body = [item for item in function.body if not _is_text(item) and not isinstance(item, ast.FunctionDef)]
        places = body if EVERYWHERE else body[:1] + body[-1:]
        tests_before = set()
        for place in dict.fromkeys(places):
            if context.is_open(place):
                tests = {ast.unparse(test): test for test in _tests(place, context)}
                exits = _exits(function, place, context)[:MAX_RESULTS]
                for text, test in tests.items():
                    if text not in tests_before or place is body[-1]:
                        for leave in exits:
                            yield context.insert(place, when(test, leave), size=3)
                tests_before |= tests.keys()


def _is_text(item):
    return isinstance(item, ast.Expr) and isinstance(item.value, ast.Constant)


def _tests(place, context):
    """Return tests of the variables at `place`, alone and against one another."""
    kinds = {item: context.variable_kind(place, item) for item in context.names(place) if item != "self"}
    kinds = {item: kind for item, kind in kinds.items() if kind != "function"}
    for variable, kind in kinds.items():
        value = name(variable)
        if kind in ("int", "float", "number"):
            yield compare(value, ast.Eq, number(0))
            yield compare(value, ast.LtE, number(0))
            yield compare(value, ast.Lt, number(0))
            yield compare(value, ast.Eq, number(1))
        else:
            yield ast.UnaryOp(ast.Not(), value)
            yield value
            yield compare(value, ast.Is, ast.Constant(None))
        if kind in SIZED:
            yield compare(ast.Call(name("len"), [value], []), ast.Eq, number(1))
    for left, kind in kinds.items():
        for right, other in kinds.items():
            if left != right and kind is not None:
                if kind == other and left < right:
                    yield compare(name(left), ast.Eq, name(right))
                if kind == other and kind in ("int", "float"):
                    yield compare(name(left), ast.Gt, name(right))
                if other in ("set", "dict", "list") and kind in ("str", "int", "tuple"):
                    yield compare(name(left), ast.In, name(right))
    for _, item in context.conditions(place):
        yield item


def _exits(function, place, context) -> list:
    """Return statements that leave the function: as its own returns and raises do, with what is known at `place`."""
    known = {*context.names(place), *context.function_names, *context.modules()}
    found = {}
    for item in ast.walk(function):
        if isinstance(item, ast.Return) and item.value is not None:
            value = _with_known(item.value, known, place, context)
            found.setdefault(ast.unparse(value), ast.Return(value))
    kinds = {context.kind(item.value) for item in ast.walk(function) if isinstance(item, ast.Return) and item.value}
    for kind, values in EMPTY.items():
        if kind in kinds or None in kinds:
            for text in values:
                found.setdefault(text, ast.Return(ast.parse(text, mode="eval").body))
    exits = list(found.values()) or [ast.Return(None)]
    raised = {ast.unparse(item): item for item in context.everywhere(ast.Raise)}
    for error in context.errors:
        if not any(error in text for text in raised):
            raised[error] = ast.Raise(ast.Call(name(error), [], []), None)
    return [*list(raised.values())[:2], *exits]


def _with_known(value, known, place, context):
    """Return a value in which variables that are not known yet are their kind's empty value."""
    unknown = free_names(value) - known - BUILTINS
    if not unknown:
        return value
    for item in sorted(unknown):
        empty = {"int": "0", "list": "[]", "dict": "{}", "str": "''"}.get(context.variable_kind(place, item), "None")
        value = renamed(value, item, empty)
    return ast.parse(ast.unparse(value), mode="eval").body


EMPTY = {
    "list": ["[]"], "int": ["0", "1", "-1"], "str": ["''"], "bool": ["False", "True"], "dict": ["{}"],
    "float": ["0.0"], "number": ["0", "0.0"], "tuple": ["()"], "set": ["set()"], None: ["None", "[]", "0", "False"],
}  # fmt: skip
