"""Prefers the patch whose answers on generated inputs are of the kinds that the visible cases expect."""

KIND = "ranking"


def rank(patches: list, evidence) -> list:
    """Return the share of answers of an expected kind."""
    wanted = {_kind(case["expected"]) for case in evidence.cases}
    scores = []
    for patch in patches:
        answers = evidence.answers(patch)
        scores.append(sum(_kind(answer) in wanted for answer in answers) / len(answers) if answers else 0.0)
    return scores


def _kind(answer):
    """Return the kind of an encoded answer: errors by name, other tags by tag."""
    if isinstance(answer, dict) and len(answer) == 1:
        tag, body = next(iter(answer.items()))
        return (tag, body) if tag in ("$error", "$object") else tag if tag.startswith("$") else "dict"
    return type(answer).__name__
