"""Prefers the patch that fails on the fewest generated inputs."""

KIND = "ranking"


def rank(patches: list, evidence) -> list:
    """Return the share of generated inputs with an answer that is no error."""
    scores = []
    for patch in patches:
        answers = evidence.answers(patch)
        bad = sum(isinstance(answer, dict) and "$error" in answer for answer in answers)
        scores.append(1.0 - bad / len(answers) if answers else 0.0)
    return scores
