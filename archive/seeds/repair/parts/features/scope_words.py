"""New names that the task's text uses are likelier to belong there."""

import ast
import re

KIND = "feature"

EACH = 0.4


def measure(case):
    """Return EACH for each new name that stands in the text minus EACH / 2 for each that does not, within -1 and 1."""
    words = set(re.findall(r"[a-z]+", case.instruction.lower()))
    old = {node.id for node in case.removed() if isinstance(node, ast.Name)}
    new = {node.id for node in case.added() if isinstance(node, ast.Name)} - old
    if not words or not new:
        return 0.0
    told = sum(bool(set(name.lower().split("_")) & words) for name in new)
    return max(-1.0, min(1.0, EACH * told - EACH / 2 * (len(new) - told)))
