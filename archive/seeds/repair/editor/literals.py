"""Numbers in source text: where the tunable ones are, and how to change one without touching anything around it."""

import ast
import math
from dataclasses import dataclass

LARGEST = 10_000_000


@dataclass(frozen=True)
class Number:
    """A number that an UPPER_CASE name at module level holds, itself or as a value of its dict."""

    path: str
    name: str
    value: int | float
    line: int
    start: int
    end_line: int
    end: int


def find_numbers(path, text):
    """Return the tunable numbers of one module's text in the order in which they stand; none if it does not parse."""
    try:
        body = ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    found = []
    for node in body:
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
            if name.isupper():
                _collect(path, name, node.value, found)
    return found


def _collect(path, name, node, found):
    if isinstance(node, ast.Dict):
        for key, value in zip(node.keys, node.values):
            if isinstance(key, (ast.Name, ast.Constant)):
                label = key.id if isinstance(key, ast.Name) else repr(key.value)
                _collect(path, f"{name}[{label}]", value, found)
        return
    value = number_of(node)
    if value is not None:
        found.append(Number(path, name, value, node.lineno, node.col_offset, node.end_lineno, node.end_col_offset))


def number_of(node):
    """Return the number that a syntax node writes down (a minus sign is part of it), or None."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        inner = number_of(node.operand)
        return None if inner is None else -inner
    if isinstance(node, ast.Constant) and type(node.value) in (int, float) and math.isfinite(node.value):
        return node.value
    return None


def splice(text, line, start, end_line, end, new):
    """Return `text` with the span (lines from 1, columns in UTF-8 bytes as in `ast`) replaced by `new`."""
    lines = text.splitlines(keepends=True)
    before = lines[line - 1].encode()[:start].decode()
    after = lines[end_line - 1].encode()[end:].decode()
    return "".join(lines[: line - 1]) + before + new + after + "".join(lines[end_line:])


def set_number(text, number, value):
    """Return `text` with one tunable number set to `value`."""
    return splice(text, number.line, number.start, number.end_line, number.end, repr(value))


def tidy(value, like):
    """Return `value` as a number of the kind of `like`: an int stays an int, a float gets four digits, both bounded."""
    value = max(-LARGEST, min(LARGEST, value))
    if isinstance(like, int):
        return round(value)
    return float(f"{value:.4g}")


def nudge(value, rng):
    """Return a number near `value` and different from it: a step up or down for small ints, else a factor."""
    if isinstance(value, int) and abs(value) <= 10:
        step = rng.choice([-1, 1]) if value else 1
        return value + step if value + step >= 0 or value < 0 else value + 1
    if not value:
        return rng.choice([-0.25, 0.25])
    changed = tidy(value * rng.choice([0.5, 0.67, 0.8, 1.25, 1.5, 2.0]), value)
    return changed if changed != value else value + (1 if isinstance(value, int) else 0.1)
