"""Edits partial repairs, of others and its own, once more, with its own operators; the best of them take turns."""

KIND = "search"
BASES = 6  # partial repairs that are edited
EDITS = 300  # edits tried on each


def search(engine) -> None:
    """Attempt second edits on partial repairs; without a team there are none."""
    repairs = sorted(getattr(engine, "repairs", []), key=lambda repair: repair.worth(), reverse=True)[:BASES]
    turns = []
    for repair in repairs:
        engine.check_limits()
        base = engine.based_on(repair)
        turns.append((base, iter(engine.edits(base)[:EDITS])))
    while turns and not engine.plausible:
        for turn in list(turns):
            base, edits = turn
            edit = next(edits, None)
            if edit is None:
                turns.remove(turn)
            else:
                engine.attempt(base, edit)
