"""D*: failing runs of a line to a power, against its passing runs and the failing cases that miss it."""

KIND = "localise"
POWER = 2
CEILING = 10.0  # suspicion of a line that all failing and no passing cases run


def localise(spectrum) -> dict:
    """Return {line: suspicion}."""
    failing, _ = spectrum.totals()
    found = {}
    for line, (fails, passes) in spectrum.counts().items():
        if fails:
            against = passes + failing - fails
            found[line] = min(CEILING, fails**POWER / against) if against else CEILING
    return found
