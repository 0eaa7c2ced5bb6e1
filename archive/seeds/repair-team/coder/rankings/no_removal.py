"""Prefers patches that do not take code away: deleting what fails often passes the tests and nothing else."""

import ast

KIND = "ranking"


def rank(patches: list, evidence) -> list:
    """Return the size of each patched tree against the faulty one's, at most 1."""
    before = _size(evidence.base.program.source)
    return [min(1.0, _size(patch.text) / before) for patch in patches]


def _size(source):
    return sum(1 for _ in ast.walk(ast.parse(source)))
