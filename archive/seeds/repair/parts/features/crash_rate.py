"""A patch that crashes on generated inputs where the faulty program did not has broken something."""

KIND = "feature"

TOLERATED = 0.02
TOO_MANY = 0.25
CALM = 0.2


def measure(case):
    """Return from CALM (no new crash) to -1 (TOO_MANY of the inputs crash that did not before)."""
    quiet = [patched for _, faulty, patched in case.compared if not case.crashed(faulty)]
    if not quiet:
        return 0.0
    rate = sum(case.crashed(answer) for answer in quiet) / len(quiet)
    return CALM if rate <= TOLERATED else -min(1.0, rate / TOO_MANY)
