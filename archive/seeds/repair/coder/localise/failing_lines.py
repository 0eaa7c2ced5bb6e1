"""Every line that a failing case runs is equally suspicious."""

KIND = "localise"


def localise(spectrum) -> dict:
    """Return {line: suspicion}."""
    return {line: 1.0 for line, (failing, _) in spectrum.counts().items() if failing}
