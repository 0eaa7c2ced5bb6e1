"""Moves an index by one, or takes the first item for the last."""

import ast

from shared.make import number, offset

KIND = "operator"


def propose(tree, context):
    """Yield the edits."""
    for node in context.nodes(ast.Subscript):
        index = node.slice
        if isinstance(index, ast.Slice) or context.kind(node.value) in ("dict", "Counter", "defaultdict"):
            continue
        if not context.fits(context.kind(index), "int"):
            continue
        for step in (1, -1):
            yield context.set(node, "slice", offset(index, step))
        for value in (0, 1, -1):
            if ast.unparse(index) != str(value):
                yield context.set(node, "slice", number(value))
