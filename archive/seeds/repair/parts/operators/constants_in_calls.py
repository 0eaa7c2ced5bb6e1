"""Replaces a variable or call by a small constant, and a constant argument by a variable."""

import ast

from shared.make import name, number

KIND = "operator"
NUMBERS = (0, 1, -1)


def propose(tree, context):
    """Yield the edits."""
    for node in context.nodes(ast.Name, ast.Attribute, ast.BinOp, ast.Subscript):
        if context.kind(node) == "int" and not isinstance(getattr(node, "ctx", None), ast.Store):
            for value in NUMBERS:
                yield context.replace(node, number(value))
    for node in context.nodes(ast.Constant):
        if isinstance(context.parent(node), (ast.Call, ast.keyword)) and not isinstance(node.value, (int, float)):
            for variable in context.names(node):
                if context.fits(context.kind(node), context.variable_kind(node, variable)):
                    yield context.replace(node, name(variable))
