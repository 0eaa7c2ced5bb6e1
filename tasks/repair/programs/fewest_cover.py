"""`fewest_cover(start, end, intervals)` covers the stretch from `start` to `end` with as few intervals as possible.

`start` and `end` are whole numbers, `intervals` is a list of (left, right) with left < right, in any order. Intervals
may touch at their ends: (1, 4) and (4, 6) together cover the stretch from 1 to 6. The intervals are chosen from left to
right: of those that begin at or before the place reached so far (at first `start`), take the one that ends last, among
equals the one that begins first; the place reached is then its end. The result is the list of the chosen intervals in
that order, empty if `end` is not greater than `start`, or None if the stretch cannot be covered.
"""

TOPIC = "lists"

SOLUTION = '''
def fewest_cover(start, end, intervals):
    ordered = sorted(intervals)
    chosen = []
    reached = start
    index = 0
    while reached < end:
        best = None
        while index < len(ordered) and ordered[index][0] <= reached:
            if best is None or ordered[index][1] > best[1]:
                best = ordered[index]
            index += 1
        if best is None or best[1] <= reached:
            return None
        chosen.append(best)
        reached = best[1]
    return chosen
'''.lstrip()

FAULTS = [("ordered[index][1] > best[1]", "ordered[index][1] >= best[1]")]

ENTRY = "fewest_cover"

VISIBLE = [
    (0, 8, [(0, 5), (3, 6), (5, 9)]),
    (1, 4, [(1, 5), (0, 5)]),
    (0, 10, [(0, 4), (5, 10)]),
    (3, 3, [(1, 2)]),
]

EDGES = [
    (0, 10, [(0, 5), (3, 10), (5, 10)]),
    (0, 10, [(0, 5), (5, 10), (4, 10), (2, 10)]),
    (0, 5, [(0, 5), (-4, 5), (-2, 5)]),
    (0, 6, [(0, 6), (-9, 3)]),
    (0, 6, [(-9, 3), (0, 4), (3, 6), (4, 6)]),
    (5, 2, []),
    (0, 1, []),
    (0, 3, [(1, 3)]),
    (0, 3, [(0, 2)]),
    (0, 9, [(0, 3), (1, 2), (3, 6), (4, 5), (6, 9)]),
    (2, 8, [(0, 1), (0, 8), (2, 8)]),
    (0, 12, [(0, 4), (1, 8), (2, 8), (4, 8), (7, 12), (8, 12)]),
    (0, 4, [(-20, 2), (0, 3), (2, 4)]),
]


def generate(rng):
    span = rng.choice([6, 10, 16])
    intervals = []
    for _ in range(rng.randrange(1, 13)):
        left = rng.randrange(-3, span)
        intervals.append((left, min(span + 2, left + rng.randrange(1, 8)) if rng.random() < 0.9 else left + 1))
    intervals = [(left, right) for left, right in intervals if left < right]
    return (rng.randrange(0, 3), rng.randrange(2, span + 1), intervals)


RIGHT = [
    [("ordered[index][1] > best[1]", "(ordered[index][1], -ordered[index][0]) > (best[1], -best[0])")],
    [("    ordered = sorted(intervals)\n", "    ordered = sorted(intervals, key=lambda pair: pair[0])\n")],
    [("ordered[index][1] > best[1]", "best[1] < ordered[index][1]")],
]

WRONG = [
    [("ordered[index][1] > best[1]", "ordered[index][1] - ordered[index][0] > best[1] - best[0]")],
    [("ordered[index][1] > best[1]", "ordered[index][1] > best[1] or chosen and ordered[index][1] == best[1]")],
    [("    ordered = sorted(intervals)\n", "    ordered = sorted(intervals, key=lambda pair: (max(pair[0], start), -pair[0]))\n"), ("ordered[index][1] > best[1]", "ordered[index][1] >= best[1]")],
]
