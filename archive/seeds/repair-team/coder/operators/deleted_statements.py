"""Deletes a statement, or keeps only the body of an ``if`` or loop."""

import ast

KIND = "operator"


def propose(tree, context):
    """Yield the edits."""
    for node in context.nodes(ast.stmt):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom, ast.Pass)):
            continue
        yield context.delete(node)
        if isinstance(node, ast.If):
            yield context.rewrite(node, node.body, 2)
            if node.orelse:
                yield context.set(node, "orelse", [], 2)
                yield context.rewrite(node, node.orelse, 2)
