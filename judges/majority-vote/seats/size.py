"""A repair is a small edit: syntax nodes that came or went, by kind. Texts that stand alone are no code."""

import ast
from collections import Counter

from patch import answer

MOST = 8


def judge(before, after, cases):
    """Return (score, why, line): one half for an edit of `MOST` nodes."""
    old, new = kinds(before), kinds(after)
    size = sum((old - new).values()) + sum((new - old).values())
    return MOST / (MOST + size), f"{size} syntax nodes came or went", None


def kinds(source):
    """Count a program's nodes by kind, without docstrings."""
    tree = ast.parse(source)
    texts = {id(node) for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)}
    texts |= {id(node.value) for node in ast.walk(tree) if id(node) in texts}
    return Counter(type(node).__name__ for node in ast.walk(tree) if id(node) not in texts)


answer(judge)
