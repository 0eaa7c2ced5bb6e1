"""A literal of the visible tests that newly appears in the patch hints at special-casing."""

import ast

KIND = "feature"

COMMON = (0, 1, 2, -1, "", True, False, None)


def measure(case):
    """Return -1 when a literal came in that stands in a visible test's input or expected value, else 0."""
    old = {repr(node.value) for node in ast.walk(case.faulty) if isinstance(node, ast.Constant)}
    new = {repr(node.value) for node in case.added() if isinstance(node, ast.Constant) and node.value not in COMMON}
    tested = set()
    for sample in case.visible:
        collect([sample.input.get("args"), sample.input.get("ops"), sample.expected], tested)
    return -1.0 if (new - old) & tested else 0.0


def collect(value, found):
    """Add the representation of every plain value inside encoded data to `found`."""
    if isinstance(value, (list, dict)):
        for inner in value.values() if isinstance(value, dict) else value:
            collect(inner, found)
    else:
        found.add(repr(value))
