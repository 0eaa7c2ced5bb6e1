"""Replaces ``break``, ``continue``, ``pass`` and a bare ``return`` by one another; ends a branch by one of them."""

import ast

KIND = "operator"
JUMPS = (ast.Break, ast.Continue)


def propose(tree, context):
    """Yield the edits."""
    for node in context.nodes(ast.Break, ast.Continue, ast.Pass):
        for other in (*JUMPS, ast.Pass):
            if not isinstance(node, other) and (other is ast.Pass or context.loop(node) is not None):
                yield context.replace(node, other())
    for node in context.nodes(ast.If):
        if context.loop(node) is not None:
            for field in ("body", "orelse"):
                block = getattr(node, field)
                if block and not isinstance(block[-1], (*JUMPS, ast.Return, ast.Raise)):
                    for other in JUMPS:
                        yield context.insert(block[-1], other(), after=True)
    for node in context.nodes(ast.Return):
        if context.loop(node) is not None:
            for other in JUMPS:
                yield context.replace(node, other())
