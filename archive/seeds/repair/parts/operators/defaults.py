"""Edits a parameter's default value; a list or dict that calls would share becomes None and is made in the body."""

import ast

from shared.candidates import Edit
from shared.make import assign, compare, name, number, when

KIND = "operator"
COMMON = (0, 1, None, True, False, "")


def propose(tree, context):
    """Yield the edits."""
    for function in context.everywhere(ast.FunctionDef):
        arguments = function.args
        named = [*arguments.posonlyargs, *arguments.args][-len(arguments.defaults) :] if arguments.defaults else []
        for index, (argument, default) in enumerate(zip(named, arguments.defaults)):
            place = next((item for item in function.body if context.is_open(item)), None)
            if place is None:
                continue
            if isinstance(default, (ast.List, ast.Dict, ast.Set, ast.Call)):
                yield _fresh(function, index, argument.arg, default, place)
            for value in _others(default):
                defaults = [*arguments.defaults[:index], value, *arguments.defaults[index + 1 :]]
                yield Edit([(arguments, "defaults", defaults)], place.lineno)


def _fresh(function, index, argument, default, place):
    defaults = list(function.args.defaults)
    defaults[index] = ast.Constant(None)
    made = when(compare(name(argument), ast.Is, ast.Constant(None)), assign(argument, default))
    return Edit([(function.args, "defaults", defaults), (function, "body", [made, *function.body])], place.lineno, 3)


def _others(default):
    if isinstance(default, ast.Constant):
        near = [default.value + 1, default.value - 1] if type(default.value) is int else []
        for value in dict.fromkeys([*near, *COMMON]):
            if value is not default.value:
                yield number(value) if type(value) is int else ast.Constant(value)
