"""Failing lines, and more suspicious the nearer they are to where an exception left the program."""

import math

KIND = "localise"
BOOST = 2.0  # at the line of the exception itself
REACH = 4  # lines over which the boost falls to nothing


def localise(spectrum) -> dict:
    """Return {line: suspicion}; Ochiai's where no failing case crashes."""
    failing, _ = spectrum.totals()
    crashed = {line for line, passed in zip(spectrum.crashes, spectrum.passed, strict=True) if line and not passed}
    found = {}
    for line, (fails, passes) in spectrum.counts().items():
        if fails:
            near = min((abs(line - other) for other in crashed), default=REACH)
            boost = 1.0 + (BOOST - 1.0) * max(0, REACH - near) / REACH
            found[line] = boost * fails / math.sqrt(failing * (fails + passes))
    return found
