"""Prefers the patch that changes more of the faulty program's answers: a narrow repair may fit the tests only."""

from shared.values import same

KIND = "ranking"


def rank(patches: list, evidence) -> list:
    """Return the share of generated inputs on which the patch answers something else."""
    original = evidence.original()
    scores = []
    for patch in patches:
        answers = evidence.answers(patch)
        changed = sum(not same(new, old) for new, old in zip(answers, original))
        scores.append(changed / len(original) if answers and original else 0.0)
    return scores
