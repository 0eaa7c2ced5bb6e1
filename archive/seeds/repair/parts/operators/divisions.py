"""Rounds a division another way: ``//``, ``/``, up, to the nearest, and puts the parentheses elsewhere."""

import ast

from shared.make import call, number

KIND = "operator"


def propose(tree, context):
    """Yield the edits."""
    for node in context.nodes(ast.BinOp):
        if isinstance(node.op, (ast.Div, ast.FloorDiv)):
            other = ast.FloorDiv() if isinstance(node.op, ast.Div) else ast.Div()
            yield context.set(node, "op", other)
            minus = ast.UnaryOp(ast.USub(), node.left)
            yield context.replace(node, ast.UnaryOp(ast.USub(), ast.BinOp(minus, ast.FloorDiv(), node.right)), 2)
            half = ast.BinOp(node.right, ast.FloorDiv(), number(2))
            if isinstance(node.right, ast.Constant) and type(node.right.value) is int:
                half = number(node.right.value // 2)
            yield context.replace(node, ast.BinOp(ast.BinOp(node.left, ast.Add(), half), ast.FloorDiv(), node.right), 2)
            yield context.replace(node, call("int", ast.BinOp(node.left, ast.Div(), node.right)), 2)
            yield context.replace(node, call("round", ast.BinOp(node.left, ast.Div(), node.right)), 2)
        for field in ("left", "right"):
            inner = getattr(node, field)
            if isinstance(inner, ast.BinOp):
                yield context.replace(node, _regrouped(node, inner, field))


def _regrouped(node, inner, field):
    """``a + b * c`` is read the other way: ``(a + b) * c``."""
    if field == "right":
        return ast.BinOp(ast.BinOp(node.left, node.op, inner.left), inner.op, inner.right)
    return ast.BinOp(inner.left, inner.op, ast.BinOp(inner.right, node.op, node.right))
