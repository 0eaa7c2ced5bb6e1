"""Ochiai: lines that most failing and few passing cases run are the most suspicious."""

import math

KIND = "localise"


def localise(spectrum) -> dict:
    """Return {line: suspicion}."""
    failing, _ = spectrum.totals()
    return {
        line: fails / math.sqrt(failing * (fails + passes))
        for line, (fails, passes) in spectrum.counts().items()
        if fails
    }
