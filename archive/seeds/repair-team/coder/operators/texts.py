"""Replaces a text literal by another of the program, by one character, or by an empty one."""

import ast

KIND = "operator"
COMMON = ("", " ")


def propose(tree, context):
    """Yield the edits."""
    known = list(dict.fromkeys([*context.literals(str), *COMMON]))
    for node in context.nodes(ast.Constant):
        if type(node.value) is str and not isinstance(context.parent(node), (ast.JoinedStr, ast.Expr)):
            changed = [node.value.lower(), node.value.upper(), node.value.strip(), *_single(node.value)]
            for value in dict.fromkeys([*known, *changed]):
                if value != node.value:
                    yield context.replace(node, ast.Constant(value))


def _single(text):
    """Return the text without each of its characters: a set of characters may hold one too many."""
    return [text[:i] + text[i + 1 :] for i in range(len(text))] if 1 < len(text) <= 6 else []
