"""Moves a comparison's bound by one: ``x < n`` becomes ``x < n + 1`` or ``x < n - 1``; for loops over sizes as well."""

import ast

from shared.make import offset

KIND = "operator"
ORDERED = (ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq, ast.NotEq)


def propose(tree, context):
    """Yield the edits."""
    for node in context.nodes(ast.Compare):
        last = node.comparators[-1]
        if isinstance(node.ops[-1], ORDERED) and context.fits(context.kind(last), "int"):
            for step in (1, -1):
                yield context.replace(last, offset(last, step))
        if isinstance(node.ops[0], ORDERED) and context.kind(node.left) == "int":
            for step in (1, -1):
                yield context.replace(node.left, offset(node.left, step))
