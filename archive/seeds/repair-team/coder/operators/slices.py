"""Edits a slice: moves a bound by one, takes a bound away, adds one, turns the direction."""

import ast

from shared.make import call, name, number, offset

KIND = "operator"


def propose(tree, context):
    """Yield the edits."""
    for node in context.nodes(ast.Slice):
        for field in ("lower", "upper"):
            bound = getattr(node, field)
            if bound is None:
                for value in (1, -1):
                    yield context.set(node, field, number(value))
                for variable in context.names(node):
                    if context.variable_kind(node, variable) == "int":
                        yield context.set(node, field, name(variable))
                        yield context.set(node, field, offset(name(variable), 1), 2)
            else:
                yield context.set(node, field, None)
                for step in (1, -1):
                    yield context.set(node, field, offset(bound, step))
                if isinstance(bound, ast.UnaryOp) and isinstance(bound.op, ast.USub):
                    whole = context.parent(node).value  # `x[:-n]` is empty for n = 0, `x[: len(x) - n]` is not
                    yield context.set(node, field, ast.BinOp(call("len", whole), ast.Sub(), bound.operand), 2)
        step = None if node.step is not None else number(-1)
        yield context.set(node, "step", step)
    for node in context.nodes(ast.Subscript):
        if isinstance(node.slice, ast.Slice):
            yield context.replace(node, node.value) if isinstance(node.ctx, ast.Load) else context.set(
                node, "slice", ast.Slice()
            )
