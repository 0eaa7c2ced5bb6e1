"""Replaces ``and`` by ``or`` and the other way round, also for a part of a longer condition."""

import ast

KIND = "operator"


def propose(tree, context):
    """Yield the edits."""
    for node in context.nodes(ast.BoolOp):
        other = ast.Or if isinstance(node.op, ast.And) else ast.And
        yield context.set(node, "op", other())
        if len(node.values) > 2:
            yield context.set(node, "values", [ast.BoolOp(other(), node.values[:2]), *node.values[2:]])
            yield context.set(node, "values", [*node.values[:-2], ast.BoolOp(other(), node.values[-2:])])
