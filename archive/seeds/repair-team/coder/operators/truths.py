"""Replaces True, False and None by one another."""

import ast

KIND = "operator"


def propose(tree, context):
    """Yield the edits."""
    for node in context.nodes(ast.Constant):
        if node.value is None or isinstance(node.value, bool):
            for value in (True, False, None):
                if value is not node.value:
                    yield context.replace(node, ast.Constant(value))
