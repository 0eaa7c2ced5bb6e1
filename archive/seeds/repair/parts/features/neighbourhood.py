"""Near a test that failed answers should change, near a test that passed they should not."""

from shared.values import canonical, same

KIND = "feature"

SCALE = 1.5


def measure(case):
    """Return SCALE x (share of changed answers near failing tests - share near passing tests), within -1 and 1."""
    failing = {canonical(sample.input) for sample in case.failing}
    changed = {True: [], False: []}
    for item, faulty, patched in case.legal:
        nearest = min(case.visible, key=lambda sample: distance(sample.input, item))
        changed[canonical(nearest.input) in failing].append(not same(faulty, patched))
    if len(changed[True]) < 3 or len(changed[False]) < 3:
        return 0.0
    shares = {near: sum(marks) / len(marks) for near, marks in changed.items()}
    return max(-1.0, min(1.0, SCALE * (shares[True] - shares[False])))


def distance(left, right):
    """Return a rough distance of two encoded values: how many plain values differ, and lengths."""
    if isinstance(left, list) and isinstance(right, list):
        return sum(map(distance, left, right)) + abs(len(left) - len(right))
    if isinstance(left, dict) and isinstance(right, dict) and left.keys() == right.keys():
        return sum(distance(left[key], right[key]) for key in left)
    if isinstance(left, str) and isinstance(right, str):
        return 0 if left == right else 1 + abs(len(left) - len(right)) / 4
    return 0 if left == right and type(left) is type(right) else 1
