"""An edit that only the failing visible tests run may be made for them; one that passing tests run too is constrained."""

KIND = "feature"


def measure(case):
    """Return from -1 (only tests that failed run the edited line) to 1 (all visible tests run it)."""
    spectrum = case.patched_spectrum
    running = [case.line in lines for lines in spectrum.lines]
    passing = [run for run, passed in zip(running, case.faulty_spectrum.passed) if passed]
    if not any(running) or not passing:
        return 0.0
    return 2.0 * sum(passing) / len(passing) - 1.0
