"""Copies a list, dict or set where it is stored, passed or iterated over, or the rows of a copied list as well."""

import ast

from shared.make import call, method

KIND = "operator"
COPIED = {"list": "list", "dict": "dict", "set": "set"}


def propose(tree, context):
    """Yield the edits."""
    for node in context.nodes(ast.Name, ast.Attribute, ast.Subscript):
        parent = context.parent(node)
        if isinstance(node.ctx, ast.Load) and not isinstance(parent, (ast.Attribute, ast.Compare, ast.Subscript)):
            kind = context.kind(node)
            if kind in COPIED and not (isinstance(parent, ast.Call) and _reads(parent)):
                yield context.replace(node, call(COPIED[kind], node))
                yield context.replace(node, method(node, "copy"))
            elif kind is None and isinstance(parent, (ast.Assign, ast.Return, ast.Call)):
                if getattr(parent, "func", None) is not node:
                    yield context.replace(node, method(node, "copy"))
    for node in context.nodes(ast.BinOp):
        if isinstance(node.op, ast.Mult) and isinstance(node.left, ast.List) and len(node.left.elts) == 1:
            rows = ast.comprehension(ast.Name("_", ast.Store()), call("range", node.right), [], 0)
            yield context.replace(node, ast.ListComp(node.left.elts[0], [rows]), 2)
    for node in context.nodes(ast.Call, ast.Subscript):
        whole = _copied(node)
        if whole is not None:
            rows = ast.comprehension(ast.Name("_row", ast.Store()), whole, [], 0)
            yield context.replace(node, ast.ListComp(call("list", ast.Name("_row", ast.Load())), [rows]), 2)


def _copied(node):
    """Return what ``x[:]``, ``list(x)`` or ``x.copy()`` copies without its items, None for other expressions."""
    if isinstance(node, ast.Subscript):
        plain = isinstance(node.slice, ast.Slice) and not (node.slice.lower or node.slice.upper or node.slice.step)
        return node.value if plain and isinstance(node.ctx, ast.Load) else None
    if isinstance(node.func, ast.Name) and node.func.id == "list" and len(node.args) == 1:
        return node.args[0]
    if isinstance(node.func, ast.Attribute) and node.func.attr == "copy" and not node.args:
        return node.func.value
    return None


def _reads(call_node):
    """Tell whether a call only reads its argument, so that a copy of it is without effect."""
    return isinstance(call_node.func, ast.Name) and call_node.func.id in ("len", "sum", "min", "max", "sorted", "any", "all")
