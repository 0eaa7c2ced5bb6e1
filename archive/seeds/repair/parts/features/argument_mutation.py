"""A patch that newly changes its arguments, or answers differently the second time, does harm."""

KIND = "feature"

TESTED = 10
CLEAN = 0.05


def measure(case):
    """Return -1 when the patched program alters arguments that the faulty one left alone, or is not repeatable."""
    for item, _, patched in case.legal[:TESTED]:
        if case.answer(case.patched_program, item) != patched:
            return -1.0
        if "call" in item and "observe" not in item:
            watched = {**item, "observe": "args"}
            after = arguments(case.answer(case.patched_program, watched))
            if after is not None and after != item["args"]:
                if arguments(case.answer(case.faulty_program, watched)) == item["args"]:
                    return -1.0
    return CLEAN


def arguments(answer):
    """Return the arguments that an observing run found after the call, or None where it crashed."""
    pair = answer.get("$tuple") if isinstance(answer, dict) else None
    return pair[1] if pair else None
