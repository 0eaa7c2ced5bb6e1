"""Climbs: takes the edit that repairs most, edits the result again, until nothing gets better."""

from shared.values import closeness

KIND = "search"
ROUNDS = 3  # edits in a row
EDITS = 300  # edits tried in each round


def search(engine) -> None:
    """Attempt edits of the best candidate so far, running all cases of each."""
    base, best = engine.base, _score(engine, engine.base.spectrum.answers)
    for _ in range(ROUNDS):
        found = None
        for edit in engine.edits(base)[:EDITS]:
            attempt = engine.attempt(base, edit, thorough=True)
            if attempt is not None and not all(attempt.passed):
                score = _score(engine, attempt.answers)
                if score > best:
                    best, found = score, attempt
        if found is None:
            return
        base = engine.rebase(found)


def _score(engine, answers) -> float:
    return sum(closeness(answer, case["expected"]) for answer, case in zip(answers, engine.cases, strict=True))
