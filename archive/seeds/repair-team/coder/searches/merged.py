"""Joins partial repairs, of others and its own, two at a time: one may repair what the other leaves."""

import difflib
from itertools import combinations

KIND = "search"
REPAIRS = 12  # the best so many are joined with one another


def search(engine) -> None:
    """Attempt programs that hold the changes of two partial repairs; without a team there are none."""
    repairs = sorted(getattr(engine, "repairs", []), key=lambda repair: repair.worth(), reverse=True)[:REPAIRS]
    before = engine.base.program.source.splitlines()
    for first, second in combinations(repairs, 2):
        text = _joined(before, first.text.splitlines(), second.text.splitlines())
        if text is not None:
            engine.consider(text, [*first.edits, *second.edits])


def _joined(before, first, second):
    """Return `before` with the changes of both, or None where they touch the same lines."""
    changes = sorted({*_changes(before, first), *_changes(before, second)})
    lines, at = [], 0
    for start, end, new in changes:
        if start < at:
            return None
        lines += [*before[at:start], *new]
        at = end
    return "\n".join([*lines, *before[at:]]) + "\n"


def _changes(before, after):
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    return [
        (start, end, tuple(after[other:other_end]))
        for tag, start, end, other, other_end in matcher.get_opcodes()
        if tag != "equal"
    ]
