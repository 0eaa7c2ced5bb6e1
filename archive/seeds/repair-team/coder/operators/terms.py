"""Drops one side of an operation, or adds a term: ``a`` becomes ``a + b`` with a variable of the same kind."""

import ast

from shared.make import name

KIND = "operator"
JOINED = {"int": (ast.Add, ast.Sub, ast.Mult), "float": (ast.Add, ast.Sub, ast.Mult), "list": (ast.Add,), "str": (ast.Add,)}

PARENTS = (ast.Assign, ast.AugAssign, ast.Return, ast.Compare, ast.Call, ast.Slice, ast.Subscript, ast.Tuple, ast.keyword)


def propose(tree, context):
    """Yield the edits."""
    for node in context.nodes(ast.BinOp):
        yield context.replace(node, node.left)
        yield context.replace(node, node.right)
    for node in context.nodes(ast.expr):
        kind = context.kind(node)
        parent = context.parent(node)
        if kind not in JOINED or not isinstance(parent, PARENTS):
            continue
        if isinstance(getattr(node, "ctx", None), ast.Store) or getattr(parent, "func", None) is node:
            continue
        for variable in context.names(node):
            if context.variable_kind(node, variable) == kind:
                for operator in JOINED[kind]:
                    yield context.replace(node, ast.BinOp(node, operator(), name(variable)), 2)
                if kind in ("list", "str"):
                    yield context.replace(node, ast.BinOp(name(variable), ast.Add(), node), 2)
