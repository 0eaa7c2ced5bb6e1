"""Reads another variable of the same kind in place of a variable."""

import ast

from shared.make import name

KIND = "operator"


def propose(tree, context):
    """Yield the edits."""
    for node in context.nodes(ast.Name):
        if isinstance(node.ctx, ast.Load) and node.id in context.names(node):
            kind = context.kind(node)
            for other in context.names(node):
                if other not in (node.id, "self", "_") and context.fits(kind, context.variable_kind(node, other)):
                    yield context.replace(node, name(other))
