"""Prefers patches whose answers differ between inputs: code that ignores its input fits the tests only."""

from shared.values import canonical

KIND = "ranking"


def rank(patches: list, evidence) -> list:
    """Return the number of different answers on generated inputs, as part of the largest."""
    counts = [len({canonical(answer) for answer in evidence.answers(patch)}) for patch in patches]
    largest = max(counts) or 1
    return [count / largest for count in counts]
