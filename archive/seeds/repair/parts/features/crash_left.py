"""Crashes on generated inputs that the patch leaves although it repaired one of the same kind."""

KIND = "feature"

TOO_MANY = 0.5
CURED = 0.5


def measure(case):
    """Return from CURED (it ended all crashes) to -1 (most stay); 0 when the faulty program passes without crashes."""
    broken = [s for s in case.failing if case.crashed(case.answer(case.faulty_program, s.input))]
    before = [patched for _, faulty, patched in case.compared if case.crashed(faulty)]
    if not broken or not before:
        return 0.0
    left = sum(case.crashed(answer) for answer in before) / len(before)
    return CURED * (1.0 - left) if left <= 0.1 else -min(1.0, left / TOO_MANY)
