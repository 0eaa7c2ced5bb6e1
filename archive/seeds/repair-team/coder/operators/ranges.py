"""Edits the arguments of ``range``: bounds by one, a start or a step added or taken away, the direction."""

import ast

from shared.make import call, number, offset

KIND = "operator"


def propose(tree, context):
    """Yield the edits."""
    for node in context.nodes(ast.Call):
        if isinstance(node.func, ast.Name) and node.func.id == "range" and not node.keywords:
            for arguments in _variants(node.args):
                yield context.set(node, "args", arguments)
            yield context.replace(node, call("reversed", node))


def _variants(arguments):
    for index, argument in enumerate(arguments):
        for step in (1, -1):
            yield [*arguments[:index], offset(argument, step), *arguments[index + 1 :]]
    if len(arguments) == 1:
        for start in (1, 2):
            yield [number(start), arguments[0]]
            yield [number(start), offset(arguments[0], 1)]
    elif len(arguments) == 2:
        yield [arguments[1]]
        yield [number(0), arguments[1]]
        yield [offset(arguments[0], 1), offset(arguments[1], 1)]
        yield [arguments[0], arguments[1], number(2)]
    else:
        yield arguments[:2]
        yield [*arguments[:2], ast.UnaryOp(ast.USub(), arguments[2])]
