"""Assigns to another variable: ``low = middle`` becomes ``high = middle``."""

import ast

KIND = "operator"


def propose(tree, context):
    """Yield the edits."""
    for node in context.nodes(ast.Assign, ast.AugAssign):
        target = node.targets[0] if isinstance(node, ast.Assign) else node.target
        if isinstance(target, ast.Name):
            kind = context.variable_kind(node, target.id)
            for other in context.names(node):
                if other not in (target.id, "self", "_") and context.fits(kind, context.variable_kind(node, other)):
                    yield context.replace(target, ast.Name(other, ast.Store()))
