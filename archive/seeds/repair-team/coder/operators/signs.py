"""Puts a minus sign before a number, or takes one away."""

import ast

KIND = "operator"


def propose(tree, context):
    """Yield the edits."""
    for node in context.nodes(ast.Name, ast.Constant, ast.Attribute, ast.Subscript, ast.Call, ast.BinOp):
        if context.kind(node) in ("int", "float", "number") and not isinstance(getattr(node, "ctx", None), ast.Store):
            if not isinstance(context.parent(node), ast.UnaryOp):
                yield context.replace(node, ast.UnaryOp(ast.USub(), node))
    for node in context.nodes(ast.UnaryOp):
        if isinstance(node.op, (ast.USub, ast.Invert)):
            yield context.replace(node, node.operand)
