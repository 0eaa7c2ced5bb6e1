"""Changes an integer literal by one."""

import ast

from shared.make import number

KIND = "operator"
STEPS = (1, -1)


def propose(tree, context):
    """Yield the edits."""
    for node in context.nodes(ast.Constant):
        if type(node.value) is int:
            for step in STEPS:
                yield context.replace(node, number(node.value + step))
