"""Swaps two arguments of a call."""

import ast
import itertools

KIND = "operator"


def propose(tree, context):
    """Yield the edits."""
    for node in context.nodes(ast.Call):
        for left, right in itertools.combinations(range(len(node.args)), 2):
            arguments = list(node.args)
            arguments[left], arguments[right] = arguments[right], arguments[left]
            yield context.set(node, "args", arguments)
