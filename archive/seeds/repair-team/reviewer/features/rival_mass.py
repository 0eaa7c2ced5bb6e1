"""How many of the plausible rivals behave just as the patch does, against the largest such group: the crowd's answer."""

from shared.values import canonical

KIND = "feature"

TESTED = 60
ALONE = -0.5
MINORITY = 0.3


def measure(case):
    """Return 1 in the largest group, MINORITY in a smaller one, ALONE outside of all; 0 without rivals."""
    if not case.rivals:
        return 0.0
    tested = [item for item, _, _ in case.legal[:TESTED]]
    mine = tuple(canonical(patched) for _, _, patched in case.legal[:TESTED])
    groups = {}
    for rival in case.rivals:
        key = tuple(canonical(case.answer(rival.program, item)) for item in tested)
        groups[key] = groups.get(key, 0) + 1
    if mine not in groups:
        return ALONE
    return 1.0 if groups[mine] == max(groups.values()) else MINORITY
