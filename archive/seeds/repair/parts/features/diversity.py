"""An overfitting patch often flattens the program: fewer different answers than the faulty one gave."""

from shared.values import canonical

KIND = "feature"

SCALE = 3.0


def measure(case):
    """Return SCALE x the relative growth of the number of different answers, within -1 and 1."""
    pairs = [(faulty, patched) for _, faulty, patched in case.legal if not case.crashed(faulty) and not case.crashed(patched)]
    if len(pairs) < 5:
        return 0.0
    before = len({canonical(faulty) for faulty, _ in pairs})
    after = len({canonical(patched) for _, patched in pairs})
    return max(-1.0, min(1.0, SCALE * (after - before) / max(before, after)))
