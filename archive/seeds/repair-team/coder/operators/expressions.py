"""Replaces an expression by another one of the program that has the same kind."""

import ast

KIND = "operator"
MAX_MINED = 30  # expressions tried for each place
PLACES = (ast.Name, ast.Attribute, ast.Subscript, ast.Call, ast.BinOp, ast.Compare, ast.BoolOp, ast.Constant)


def propose(tree, context):
    """Yield the edits."""
    for node in context.nodes(*PLACES):
        kind = context.kind(node)
        parent = context.parent(node)
        if isinstance(getattr(node, "ctx", None), (ast.Store, ast.Del)) or kind is None or kind == "function":
            continue
        if isinstance(parent, (ast.Expr, ast.JoinedStr)) or getattr(parent, "func", None) is node:
            continue
        old, count = ast.unparse(node), 0
        for text, item in context.mined(node):
            plain = isinstance(item, ast.Name) and isinstance(node, ast.Name)
            if text != old and not plain and context.kind(item) == kind and count < MAX_MINED:
                count += 1
                yield context.replace(node, item)
