"""Adds or subtracts one at any integer expression."""

import ast

from shared.make import offset

KIND = "operator"
PLACES = (ast.Name, ast.Attribute, ast.Subscript, ast.Call, ast.BinOp)


def propose(tree, context):
    """Yield the edits."""
    for node in context.nodes(*PLACES):
        if isinstance(getattr(node, "ctx", None), (ast.Store, ast.Del)) or context.kind(node) != "int":
            continue
        parent = context.parent(node)
        if isinstance(parent, ast.BinOp) and isinstance(parent.op, (ast.Add, ast.Sub)) and parent.left is node:
            continue
        if isinstance(node, ast.Name) and node.id not in context.names(node):
            continue
        for step in (1, -1):
            yield context.replace(node, offset(node, step))
