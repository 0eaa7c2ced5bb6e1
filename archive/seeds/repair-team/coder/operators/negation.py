"""Turns a condition into its opposite, or takes a ``not`` away."""

import ast

from shared.make import negate

KIND = "operator"


def propose(tree, context):
    """Yield the edits."""
    for node in context.nodes(ast.expr):
        inside = isinstance(context.parent(node), ast.BoolOp)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            yield context.replace(node, node.operand)
        elif inside or context.is_condition(node) or (isinstance(node, ast.Compare) and len(node.ops) == 1):
            yield context.replace(node, negate(node))
