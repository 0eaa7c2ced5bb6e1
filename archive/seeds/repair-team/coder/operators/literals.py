"""Replaces an integer or float literal by another number of the program, a common one, or the size of a variable."""

import ast

from shared.context import SIZED
from shared.make import call, name, number

KIND = "operator"
COMMON = (0, 1, 2, -1, 10, 100)


def propose(tree, context):
    """Yield the edits."""
    known = [*context.literals(int), *context.literals(float)]
    for node in context.nodes(ast.Constant):
        if type(node.value) in (int, float):
            for value in dict.fromkeys([*known, *COMMON]):
                if value != node.value:
                    yield context.replace(node, number(value))
            for variable in context.names(node):
                kind = context.variable_kind(node, variable)
                if kind in ("int", "float"):
                    yield context.replace(node, name(variable))
                elif kind in SIZED:
                    yield context.replace(node, call("len", name(variable)))
