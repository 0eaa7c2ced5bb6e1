"""Functions and methods that the faulty program did not use: a repair seldom needs them, a detour does."""

import ast

KIND = "feature"

EACH = 0.5
NONE = 0.2


def measure(case):
    """Return NONE when the patch calls and reads only what the program did before, -EACH for each new word."""
    new = words(case.patched) - words(case.faulty)
    return NONE if not new else max(-1.0, -EACH * len(new))


def words(tree):
    """Return the names that a program reads without binding them, and the attributes that it reads."""
    bound = {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    read = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            (read if isinstance(node.ctx, ast.Load) else bound).add(node.id)
        elif isinstance(node, ast.Attribute):
            read.add("." + node.attr)
    return read - bound
