"""Tries each edit of the faulty program on its own, in order."""

KIND = "search"


def search(engine) -> None:
    """Attempt all edits; the engine keeps the plausible ones and ends the search at its limits."""
    for edit in engine.edits(engine.base):
        engine.attempt(engine.base, edit)
