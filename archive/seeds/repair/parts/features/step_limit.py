"""A patch that runs for ever on generated inputs, where the faulty program came to an end, is wrong."""

KIND = "feature"

FEW = 0.1


def measure(case):
    """Return from 0 to -1 with the share of inputs that newly use up their steps; 0.3 when the patch cured that."""
    endless = lambda answer: answer == {"$error": "StepLimit"}  # noqa: E731
    pairs = [(endless(faulty), endless(patched)) for _, faulty, patched in case.compared]
    if not pairs:
        return 0.0
    new = sum(after and not before for before, after in pairs) / len(pairs)
    cured = sum(before and not after for before, after in pairs)
    return -min(1.0, new / FEW) if new else 0.3 * bool(cured)
