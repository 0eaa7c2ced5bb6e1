"""Prefers patches of operators with large weights."""

KIND = "ranking"


def rank(patches: list, evidence) -> list:
    """Return the product of a patch's operator weights, as part of the largest."""
    scores = []
    for patch in patches:
        score = 1.0
        for edit in patch.edits:
            score *= evidence.weights.get(edit.operator, 1.0)
        scores.append(score)
    largest = max(scores) or 1.0
    return [score / largest for score in scores]
