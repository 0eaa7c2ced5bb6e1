"""Prefers patches of the most suspicious lines."""

KIND = "ranking"


def rank(patches: list, evidence) -> list:
    """Return the suspicion of a patch's first line, as part of the largest."""
    scores = [evidence.base.lines.get(patch.edits[0].line, 0.0) for patch in patches]
    largest = max(scores) or 1.0
    return [score / largest for score in scores]
