"""Edits partial repairs, of others and its own, once more, with its own operators: one after the other."""

KIND = "search"
BASES = 4  # partial repairs that are edited, the best; which is first differs between members
EDITS = 150  # edits tried on each


def search(engine) -> None:
    """Attempt second edits on partial repairs; without a team there are none."""
    repairs = sorted(getattr(engine, "repairs", []), key=lambda repair: repair.worth(), reverse=True)[:BASES]
    first = getattr(engine, "number", 0) % max(1, len(repairs))
    for repair in [*repairs[first:], *repairs[:first]]:
        engine.check_limits()
        base = engine.based_on(repair)
        for edit in engine.edits(base)[:EDITS]:
            engine.attempt(base, edit)
