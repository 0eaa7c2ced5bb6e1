"""Tarantula: the share of failing cases that run a line against the share of passing ones."""

KIND = "localise"


def localise(spectrum) -> dict:
    """Return {line: suspicion}."""
    failing, passing = spectrum.totals()
    found = {}
    for line, (fails, passes) in spectrum.counts().items():
        if fails:
            share = fails / failing
            found[line] = share / (share + (passes / passing if passing else 0.0))
    return found
