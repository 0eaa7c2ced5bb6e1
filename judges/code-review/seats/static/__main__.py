"""Static analysis: a patch that brings complaints of pyflakes which the faulty program did not have is rejected."""

from collections import Counter

from pyflakes import checker
from patch import answer, at_line

EACH = 0.3  # what one new complaint costs
QUIET = 0.7  # the score without any: that nothing is wrong on its face says little


def judge(patch):
    """Return (score, claim, evidence): the more new complaints, the lower."""
    before, after = complaints(patch.before), complaints(patch.after)
    new = Counter(kind for kind, _ in after) - Counter(kind for kind, _ in before)
    if not new:
        return QUIET, "no new complaint", None
    line = next(line for kind, line in after if kind in new)
    claim = f"new complaints: {', '.join(sorted(new))}"
    return max(0.0, QUIET - EACH * sum(new.values())), claim, at_line(patch.patched, line)


def complaints(tree):
    """Return (kind, line) of every message of pyflakes; its texts quote the program, so they are left out."""
    messages = checker.Checker(tree, filename="program.py").messages
    return [(type(message).__name__, message.lineno) for message in messages]


if __name__ == "__main__":
    answer(judge)
