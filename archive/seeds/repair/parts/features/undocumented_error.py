"""Exceptions on generated inputs should be ones that the task's text or the program itself names."""

import ast

KIND = "feature"

TOO_MANY = 0.3
QUIET = 0.1


def measure(case):
    """Return QUIET when all exceptions are named somewhere, falling to -1 as unnamed ones reach TOO_MANY."""
    if not case.legal:
        return 0.0
    named = {node.id for node in ast.walk(case.faulty) if isinstance(node, ast.Name)}
    odd = 0
    for _, _, patched in case.legal:
        if case.crashed(patched):
            name = str(patched["$error"])
            odd += name not in named and name not in case.instruction
    return QUIET if not odd else -min(1.0, odd / len(case.legal) / TOO_MANY)
