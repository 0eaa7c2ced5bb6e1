"""The edited line's suspiciousness: failing visible tests run it, passing ones less (Ochiai)."""

import math

KIND = "feature"


def measure(case):
    """Return from -1 (the edited line is the least suspicious that ran) to 1 (the most suspicious)."""
    spectrum = case.faulty_spectrum
    failing, _ = spectrum.totals()
    if not failing:
        return 0.0
    ranks = {line: bad / math.sqrt(failing * (bad + good)) for line, (bad, good) in spectrum.counts().items() if bad + good}
    lines = [getattr(change.old, "lineno", None) or case.line for change in case.changes]
    known = [ranks[line] for line in lines if line in ranks]
    if not known or not ranks:
        return 0.0
    low, high = min(ranks.values()), max(ranks.values())
    return 0.0 if high == low else 2.0 * (sum(known) / len(known) - low) / (high - low) - 1.0
