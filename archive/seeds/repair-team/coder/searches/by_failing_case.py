"""Like trying each edit alone, but runs all cases of each, so that searches after it see every partial repair."""

KIND = "search"


def search(engine) -> None:
    """Attempt all edits of the faulty program thoroughly."""
    for edit in engine.edits(engine.base):
        engine.attempt(engine.base, edit, thorough=True)
