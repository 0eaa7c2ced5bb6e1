"""Answers that grow with a number argument nearly always should do so always."""

KIND = "feature"

ALMOST = 0.75
WHOLE = 0.3
STEPS = 4
TESTED = 6


def measure(case):
    """Return -1 when raising a number argument nearly always moves the answer one way, WHOLE when always, else 0."""
    votes = []
    for sample in case.visible[:TESTED]:
        for at, value in enumerate(sample.input.get("args", [])):
            if isinstance(value, int) and not isinstance(value, bool):
                votes += moves(case, sample.input, at, value)
    signs = [vote for vote in votes if vote]
    if len(signs) < 5:
        return 0.0
    share = max(signs.count(1), signs.count(-1)) / len(signs)
    if share == 1.0:
        return WHOLE
    return -(share - ALMOST) / (1.0 - ALMOST) if share > ALMOST else 0.0


def moves(case, item, at, value):
    """Return the signs of the answer's steps while one argument rises."""
    answers = []
    for step in range(STEPS):
        raised = {**item, "args": [*item["args"][:at], value + step, *item["args"][at + 1 :]]}
        answers.append(case.answer(case.patched_program, raised))
    pairs = [(a, b) for a, b in zip(answers, answers[1:]) if is_number(a) and is_number(b)]
    return [(b > a) - (b < a) for a, b in pairs]


def is_number(value):
    """Tell numbers from truth values."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)
