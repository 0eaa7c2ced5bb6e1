"""An argument that mattered to the faulty program and no longer matters to the patched one has been cut off."""

from shared.values import same

KIND = "feature"

TESTED = 12


def measure(case):
    """Return -1 when some argument lost all influence, 0.5 when one gained some, else 0."""
    by_input = {"before": set(), "after": set()}
    for sample in case.visible:
        base = {"before": case.answer(case.faulty_program, sample.input), "after": sample.expected}
        for other in case.visible[:TESTED]:
            mine, theirs = sample.input.get("args", []), other.input.get("args", [])
            for at in range(min(len(mine), len(theirs))):
                if mine[at] != theirs[at]:
                    changed = {**sample.input, "args": [*mine[:at], theirs[at], *mine[at + 1 :]]}
                    note(by_input["before"], at, base["before"], case.answer(case.faulty_program, changed))
                    note(by_input["after"], at, base["after"], case.answer(case.patched_program, changed))
    if by_input["before"] - by_input["after"]:
        return -1.0
    return 0.5 if by_input["after"] - by_input["before"] else 0.0


def note(found, at, left, right):
    """Remember the argument's place when the two answers differ."""
    if not same(left, right):
        found.add(at)
