"""Ochiai, shared with neighbouring lines: missing code shows beside the place where it is missing."""

import math

KIND = "localise"
SPREAD = 0.3  # part of a line's suspicion that its neighbours get


def localise(spectrum) -> dict:
    """Return {line: suspicion}."""
    failing, _ = spectrum.totals()
    own = {
        line: fails / math.sqrt(failing * (fails + passes))
        for line, (fails, passes) in spectrum.counts().items()
        if fails
    }
    return {line: score + SPREAD * max(own.get(line - 1, 0), own.get(line + 1, 0)) for line, score in own.items()}
