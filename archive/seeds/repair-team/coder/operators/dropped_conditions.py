"""Drops one part of a condition that is joined by ``and`` or ``or``, or one filter of a comprehension."""

import ast

KIND = "operator"


def propose(tree, context):
    """Yield the edits."""
    for node in context.nodes(ast.BoolOp):
        for index in range(len(node.values)):
            rest = node.values[:index] + node.values[index + 1 :]
            yield context.replace(node, rest[0] if len(rest) == 1 else ast.BoolOp(node.op, rest))
    for node in context.nodes(ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp):
        for loop in node.generators:
            if loop.ifs:
                yield context.set(loop, "ifs", loop.ifs[:-1])
