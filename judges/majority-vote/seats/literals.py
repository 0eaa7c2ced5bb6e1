"""A repair needs no new values: a literal that the program did not have fits the visible tests, more often than not."""

import ast

from patch import answer


def judge(before, after, cases):
    """Return (score, why, line) by the first literal that came in."""
    known = {repr(node.value) for node in constants(before)}
    new = [node for node in constants(after) if repr(node.value) not in known]
    if new:
        return 0.2, "a literal came in", new[0].lineno
    return 0.6, "no literal came in", None


def constants(source):
    """Return a program's literals, without texts that stand alone."""
    tree = ast.parse(source)
    texts = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    return [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in texts]


answer(judge)
