"""Swaps items of a tuple or list: of a returned pair, of assignment targets, of loop targets."""

import ast
import itertools

KIND = "operator"


def propose(tree, context):
    """Yield the edits."""
    for node in context.nodes(ast.Tuple, ast.List):
        if len(node.elts) <= 4:
            for left, right in itertools.combinations(range(len(node.elts)), 2):
                items = list(node.elts)
                items[left], items[right] = items[right], items[left]
                yield context.set(node, "elts", items)
