"""Tells None from empty: ``if not x`` becomes ``if x is None``, ``if x`` becomes ``if x is not None``, ``==`` is ``is``."""

import ast

from shared.make import compare

KIND = "operator"
NONE = ast.Constant


def propose(tree, context):
    """Yield the edits."""
    for node in context.nodes(ast.expr):
        inside = context.is_condition(node) or isinstance(context.parent(node), (ast.BoolOp, ast.IfExp))
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            yield context.replace(node, compare(node.operand, ast.Is, NONE(None)))
        elif inside and isinstance(node, (ast.Name, ast.Attribute, ast.Call, ast.Subscript)):
            yield context.replace(node, compare(node, ast.IsNot, NONE(None)))
    for node in context.nodes(ast.Compare):
        if len(node.ops) == 1 and isinstance(node.comparators[0], ast.Constant) and node.comparators[0].value is None:
            if isinstance(node.ops[0], (ast.Is, ast.Eq)):
                yield context.replace(node, ast.UnaryOp(ast.Not(), node.left))
            else:
                yield context.replace(node, node.left)
