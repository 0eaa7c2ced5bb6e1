"""A new literal that the task's text speaks of is asked for; one that it does not mention is made up."""

import ast
import re

KIND = "feature"

MADE_UP = -0.8
ASKED_FOR = 0.8


def measure(case):
    """Return ASKED_FOR or MADE_UP for the new literals' mean, 0 without a new literal or without a text."""
    if not case.instruction:
        return 0.0
    words = set(re.findall(r"[\w.+-]+|[^\w\s]", case.instruction))
    old = {repr(node.value) for change in case.changes if change.old is not None for node in literals(change.old)}
    new = [node.value for change in case.changes if change.new is not None for node in literals(change.new)]
    marks = [ASKED_FOR if shown(value) in words else MADE_UP for value in new if repr(value) not in old]
    return sum(marks) / len(marks) if marks else 0.0


def literals(tree):
    """Return the literals of a subtree that are worth looking up."""
    return [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and type(node.value) in (int, float, str) and node.value not in (0, 1, "")
    ]


def shown(value):
    """Return a literal as a text would write it."""
    return value.strip() if isinstance(value, str) else repr(value)
