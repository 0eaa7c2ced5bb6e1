"""A patch that makes the program do much less, or much more, than before on the same inputs."""

KIND = "feature"

TESTED = 16
FREE = 0.3


def measure(case):
    """Return 0.2 while the counted steps stay alike, falling to -1 at none or at many times as many."""
    steps, tested = [], case.legal[:TESTED]
    for program in (case.faulty_program, case.patched_program):
        before = case.runner.used()
        for item, faulty, patched in tested:
            if not case.crashed(faulty) and not case.crashed(patched):
                case.answer(program, item)
        steps.append(case.runner.used() - before + 1)
    ratio = min(steps) / max(steps)
    return 0.2 if ratio >= 1.0 - FREE else -(1.0 - ratio - FREE) / (1.0 - FREE)
