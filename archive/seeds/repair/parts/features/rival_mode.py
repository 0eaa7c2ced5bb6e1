"""How often the patch gives the answer that more plausible rivals give than any other."""

from shared.values import canonical

KIND = "feature"

TESTED = 60
FEWEST = 2


def measure(case):
    """Return from -1 (never the commonest answer) to 1 (always), over inputs on which the rivals disagree."""
    if len(case.rivals) < FEWEST:
        return 0.0
    hits = []
    for item, _, patched in case.legal[:TESTED]:
        answers = [canonical(case.answer(rival.program, item)) for rival in case.rivals]
        counts = {answer: answers.count(answer) for answer in answers}
        if len({*answers, canonical(patched)}) > 1:
            hits.append(counts.get(canonical(patched), 0) == max(counts.values()))
    return 2.0 * sum(hits) / len(hits) - 1.0 if hits else 0.0
