"""Prefers the patch that changes the fewest of the faulty program's answers on generated inputs."""

from shared.values import same

KIND = "ranking"


def rank(patches: list, evidence) -> list:
    """Return the share of answers that stay as they were, where the faulty program did answer."""
    original = evidence.original()
    kept = [number for number, answer in enumerate(original) if not (isinstance(answer, dict) and "$error" in answer)]
    scores = []
    for patch in patches:
        answers = evidence.answers(patch)
        if not answers or not kept:
            scores.append(0.0)
        else:
            scores.append(sum(same(answers[number], original[number]) for number in kept) / len(kept))
    return scores
