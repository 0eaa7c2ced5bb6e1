"""Prefers the patch that agrees with most other patches, input by input, on generated inputs."""

from shared.values import canonical

KIND = "ranking"


def rank(patches: list, evidence) -> list:
    """Return the mean share of patches that give the same answer."""
    table = [[canonical(answer) for answer in evidence.answers(patch)] for patch in patches]
    complete = [row for row in table if row]
    if not complete:
        return [0.0] * len(patches)
    votes = [{answer: column.count(answer) / len(column) for answer in column} for column in zip(*complete, strict=True)]
    return [sum(vote[answer] for vote, answer in zip(votes, row)) / len(votes) if row else 0.0 for row in table]
