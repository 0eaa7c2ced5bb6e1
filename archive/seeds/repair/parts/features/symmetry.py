"""Answers that do not depend on the order of a list, nearly always, should not depend on it in the rest of the cases."""

from shared.values import canonical, same

KIND = "feature"

TESTED = 14
ALMOST = 0.6
WHOLE = 0.3


def measure(case):
    """Return -1 when reversing or rotating a list argument nearly never matters, WHOLE when it never does, else 0."""
    marks = []
    for item, _, patched in case.legal[:TESTED]:
        for turned in turns(item):
            marks.append(agree(patched, case.answer(case.patched_program, turned)))
    if len(marks) < 6:
        return 0.0
    share = sum(marks) / len(marks)
    if share == 1.0:
        return WHOLE
    return -(share - ALMOST) / (1.0 - ALMOST) if share > ALMOST else 0.0


def turns(item):
    """Yield the input with one list argument reversed, and rotated."""
    for at, value in enumerate(item.get("args", [])):
        if isinstance(value, list) and len({canonical(v) for v in value}) > 1:
            for changed in (value[::-1], value[1:] + value[:1]):
                yield {**item, "args": [*item["args"][:at], changed, *item["args"][at + 1 :]]}


def agree(left, right):
    """Tell whether two answers are the same, in any order of a list's items."""
    if isinstance(left, list) and isinstance(right, list):
        return sorted(map(canonical, left)) == sorted(map(canonical, right))
    return same(left, right)
