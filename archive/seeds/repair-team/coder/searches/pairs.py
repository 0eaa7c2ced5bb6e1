"""Tries second edits on candidates of earlier searches that repair something: put it after another search."""

from shared.values import closeness

KIND = "search"
BASES = 8  # candidates that are edited again
EDITS = 400  # edits tried on each
ONLY_WITHOUT = 1  # only when nothing plausible was found


def search(engine) -> None:
    """Attempt edits of the most promising candidates."""
    if engine.plausible and ONLY_WITHOUT:
        return
    bases = []
    for attempt in _promising(engine)[:BASES]:
        engine.check_limits()
        base = engine.rebase(attempt)
        bases.append((base, iter(engine.edits(base)[:EDITS])))
    while bases:
        for pair in list(bases):
            base, edits = pair
            edit = next(edits, None)
            if edit is None:
                bases.remove(pair)
            else:
                engine.attempt(base, edit)


def _promising(engine) -> list:
    """Return attempts that come nearer to the wanted answers than the faulty program, the nearest first."""
    before = engine.base.spectrum.answers
    now = [closeness(answer, case["expected"]) for answer, case in zip(before, engine.cases)]
    scored = []
    for attempt in engine.attempts:
        gain = 0.0
        for number, answer in enumerate(attempt.answers):
            if attempt.passed[number] is not None:
                gain += closeness(answer, engine.cases[number]["expected"]) - now[number]
        if gain > 0 and not all(attempt.passed):
            scored.append((attempt.score(), gain, attempt))
    scored.sort(key=lambda item: item[:2], reverse=True)
    return _distinct([attempt for _, _, attempt in scored])


def _distinct(attempts) -> list:
    """Keep the first attempt of each set of answers: equal behaviour needs no second base."""
    found = {}
    for attempt in attempts:
        found.setdefault(repr(attempt.answers), attempt)
    return list(found.values())
