"""Op2 (Naish): failing runs count most, passing runs only break ties."""

KIND = "localise"


def localise(spectrum) -> dict:
    """Return {line: suspicion}."""
    _, passing = spectrum.totals()
    return {
        line: fails - passes / (passing + 1) for line, (fails, passes) in spectrum.counts().items() if fails
    }
