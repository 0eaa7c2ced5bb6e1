"""A patch that leaves statements which no visible test runs, though one ran them before, has cut something off."""

import ast

KIND = "feature"

SOME = 3


def measure(case):
    """Return from 0 (nothing was cut off) to -1 (SOME lines or more); +0.2 when the patch brings more code to life."""
    before = set().union(*case.faulty_spectrum.lines)
    after = set().union(*case.patched_spectrum.lines)
    old, new = len(before) / max(1, statements(case.faulty)), len(after) / max(1, statements(case.patched))
    lost = (old - new) * statements(case.patched)
    if lost < 0.5:
        return 0.2 if lost < -0.5 else 0.0
    return -min(1.0, lost / SOME)


def statements(tree):
    """Return on how many lines a program's statements begin."""
    return len({node.lineno for node in ast.walk(tree) if isinstance(node, ast.stmt)})
