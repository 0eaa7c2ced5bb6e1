"""Reads a mapping another way: ``d[k]`` becomes ``d.get(k, 0)``; another default; ``setdefault``; membership first."""

import ast

from shared.make import compare, method

KIND = "operator"
DEFAULTS = ("0", "None", "[]", "''", "1", "{}", "False")


def propose(tree, context):
    """Yield the edits."""
    for node in context.nodes(ast.Subscript):
        if isinstance(node.slice, ast.Slice) or not isinstance(node.ctx, ast.Load):
            continue
        if not context.fits(context.kind(node.value), "dict"):
            continue
        for text in DEFAULTS:
            yield context.replace(node, method(node.value, "get", node.slice, _value(text)), 2)
        yield context.replace(node, method(node.value, "get", node.slice, node.slice), 2)
        yield context.replace(node, method(node.value, "setdefault", node.slice, _value("[]")), 2)
    for node in context.nodes(ast.Call):
        if isinstance(node.func, ast.Attribute) and node.func.attr in ("get", "setdefault", "pop") and node.args:
            for text in DEFAULTS:
                yield context.set(node, "args", [node.args[0], _value(text)])
            yield context.replace(node, ast.Subscript(node.func.value, node.args[0], ast.Load()))
            yield context.replace(node, compare(node.args[0], ast.In, node.func.value))


def _value(text):
    return ast.parse(text, mode="eval").body
