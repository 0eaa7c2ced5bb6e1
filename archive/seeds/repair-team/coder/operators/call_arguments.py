"""Takes an argument of a call away, or gives it one more: a variable or a small literal."""

import ast

from shared.make import name

KIND = "operator"
LITERALS = (0, 1, None, True, "")


def propose(tree, context):
    """Yield the edits."""
    for node in context.nodes(ast.Call):
        for index in range(len(node.args)):
            yield context.set(node, "args", node.args[:index] + node.args[index + 1 :])
        for index in range(len(node.keywords)):
            yield context.set(node, "keywords", node.keywords[:index] + node.keywords[index + 1 :])
        if _may_take_more(node, context):
            for variable in context.names(node):
                if variable != "self":
                    yield context.set(node, "args", [*node.args, name(variable)])
            for value in LITERALS:
                yield context.set(node, "args", [*node.args, ast.Constant(value)])


def _may_take_more(node, context):
    if isinstance(node.func, ast.Name):
        return node.func.id in context.function_names or node.func.id in ("sum", "min", "max", "round", "next", "enumerate", "int")
    return isinstance(node.func, ast.Attribute) and node.func.attr in MORE


MORE = frozenset("get pop split rsplit strip lstrip rstrip find index setdefault count replace startswith".split())
