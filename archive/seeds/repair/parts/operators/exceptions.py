"""Raises or catches another exception, or catches several; a ``raise`` becomes a return and the other way round."""

import ast

from shared.make import name

KIND = "operator"
KNOWN = ("ValueError", "KeyError", "IndexError", "TypeError", "ZeroDivisionError", "StopIteration", "AttributeError")


def propose(tree, context):
    """Yield the edits."""
    for node in context.nodes(ast.Raise):
        raised = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
        if isinstance(raised, ast.Name):
            for other in KNOWN:
                if other != raised.id:
                    yield context.set(raised, "id", other)
        for value in (None, False, 0):
            yield context.replace(node, ast.Return(ast.Constant(value)))
    for node in context.nodes(ast.ExceptHandler):
        old = ast.unparse(node.type) if node.type else ""
        for other in (*KNOWN, "Exception"):
            if other not in old:
                yield context.set(node, "type", name(other))
                if node.type is not None and not isinstance(node.type, ast.Tuple):
                    yield context.set(node, "type", ast.Tuple([node.type, name(other)], ast.Load()))
    for node in context.nodes(ast.Return):
        if node.value is None or isinstance(node.value, ast.Constant):
            for other in KNOWN[:4]:
                yield context.replace(node, ast.Raise(ast.Call(name(other), [], []), None))
