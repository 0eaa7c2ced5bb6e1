"""Swaps the operands of an operation whose order matters: ``a - b`` becomes ``b - a``."""

import ast

KIND = "operator"


def propose(tree, context):
    """Yield the edits."""
    for node in context.nodes(ast.BinOp):
        commutes = isinstance(node.op, (ast.Mult, ast.BitAnd, ast.BitOr, ast.BitXor))
        numbers = isinstance(node.op, ast.Add) and context.kind(node) in ("int", "float", "number")
        if not commutes and not numbers:
            yield context.replace(node, ast.BinOp(node.right, node.op, node.left))
    for node in context.nodes(ast.BoolOp):
        yield context.set(node, "values", node.values[::-1])
    for node in context.nodes(ast.IfExp):
        yield context.replace(node, ast.IfExp(node.test, node.orelse, node.body))
