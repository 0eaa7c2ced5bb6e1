"""Other plausible patches vote on generated inputs: a patch that answers as most of them do is likelier right."""

from shared.values import canonical

KIND = "feature"

TESTED = 60
FEWEST = 2
SCALE = 2.0


def measure(case):
    """Return how much more often than the average rival the patch agrees with the rivals, scaled into -1 .. 1."""
    rivals = case.rivals
    if len(rivals) < FEWEST:
        return 0.0
    mine, average, counted = 0.0, 0.0, 0
    for item, _, patched in case.legal[:TESTED]:
        answers = [canonical(case.answer(rival.program, item)) for rival in rivals]
        if len({*answers, canonical(patched)}) == 1:
            continue
        counted += 1
        mine += answers.count(canonical(patched)) / len(answers)
        pairs = sum(answers.count(answer) - 1 for answer in answers)
        average += pairs / (len(answers) * (len(answers) - 1))
    if not counted:
        return 0.2
    return max(-1.0, min(1.0, SCALE * (mine - average) / counted))
