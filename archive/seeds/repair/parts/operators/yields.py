"""Replaces ``yield``, ``yield from`` and ``return`` by one another; iterates over a call that only makes an iterator."""

import ast

KIND = "operator"


def propose(tree, context):
    """Yield the edits."""
    for node in context.nodes(ast.Expr):
        if isinstance(node.value, ast.Yield) and node.value.value is not None:
            yield context.set(node, "value", ast.YieldFrom(node.value.value))
        elif isinstance(node.value, ast.YieldFrom):
            yield context.set(node, "value", ast.Yield(node.value.value))
        elif isinstance(node.value, ast.Call) and _is_own(node.value.func, context):
            yield context.set(node, "value", ast.YieldFrom(node.value))
            yield context.replace(node, ast.Return(node.value))
    for node in context.nodes(ast.Return):
        if node.value is not None and _yields(context.function(node)):
            yield context.replace(node, ast.Expr(ast.YieldFrom(node.value)))
            yield context.replace(node, ast.Expr(ast.Yield(node.value)))


def _is_own(function, context):
    called = function.id if isinstance(function, ast.Name) else getattr(function, "attr", None)
    return called in context.function_names


def _yields(function):
    return any(isinstance(item, (ast.Yield, ast.YieldFrom)) for item in ast.walk(function))
