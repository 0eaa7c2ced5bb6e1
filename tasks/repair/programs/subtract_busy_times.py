"""`free_times(shifts, busy)` returns what is left of working shifts when the busy times are taken out.

All times are whole minutes; a pair (start, end) with start < end covers the time from `start` up to, but not including,
`end`. `shifts` are pairs in any order that do not overlap one another. `busy` are pairs in any order that may overlap
and may lie partly or completely outside of the shifts. The result is the ascending list of tuples (start, end) of free
time, each with start < end; time of different shifts is never joined, even where one shift begins as another ends.
"""

TOPIC = "lists"

SOLUTION = '''
def free_in_shift(start, end, busy):
    free = []
    position = start
    for busy_start, busy_end in busy:
        if busy_end <= position or busy_start >= end:
            continue
        if busy_start > position:
            free.append((position, busy_start))
        position = busy_end
    if position < end:
        free.append((position, end))
    return free


def free_times(shifts, busy):
    result = []
    ordered = sorted(busy)
    for start, end in sorted(shifts):
        result.extend(free_in_shift(start, end, ordered))
    return result
'''.lstrip()

FAULTS = [("ordered = sorted(busy)", "ordered = busy"), ("if position < end:", "if position <= end:")]

ENTRY = "free_times"

VISIBLE = [
    ([(9, 17)], [(12, 13)]),
    ([(9, 17)], [(14, 15), (10, 11)]),
    ([(9, 12), (13, 17)], [(11, 12)]),
    ([(5, 8)], []),
]

EDGES = [
    ([], [(1, 2)]),
    ([(5, 8)], [(5, 8)]),
    ([(5, 8)], [(1, 20)]),
    ([(5, 8)], [(1, 5), (8, 9)]),
    ([(13, 17), (9, 12)], []),
    ([(0, 20)], [(2, 10), (3, 4), (12, 14)]),
    ([(0, 20)], [(12, 14), (3, 4), (2, 10)]),
    ([(0, 5), (5, 10)], [(4, 6)]),
    ([(0, 5), (5, 10)], []),
    ([(0, 30)], [(20, 22), (10, 12), (5, 6)]),
    ([(0, 10)], [(0, 3), (7, 12)]),
    ([(0, 20)], [(8, 9), (2, 16)]),
    ([(0, 20), (30, 40)], [(35, 50), (15, 32), (1, 2)]),
]


def generate(rng):
    points = sorted(rng.sample(range(0, 50), 2 * rng.randrange(1, 4)))
    shifts = [(points[k], points[k + 1]) for k in range(0, len(points), 2)]
    rng.shuffle(shifts)
    busy = []
    for _ in range(rng.randrange(0, 6)):
        start = rng.choice([rng.randrange(-3, 50), rng.choice(points)])
        busy.append((start, start + rng.choice([1, 2, 3, rng.randrange(1, 20)])))
    return (shifts, busy)


RIGHT = [
    [("ordered = sorted(busy)", "ordered = busy"), ("in busy:\n        if", "in sorted(busy):\n        if")],
    [
        ("if position < end:", "if end - position > 0:"),
        ("ordered = sorted(busy)", "ordered = list(busy)\n    ordered.sort()"),
    ],
]

WRONG = [
    [("ordered = sorted(busy)", "ordered = busy[::-1] if len(busy) == 2 else busy")],
    [("ordered = sorted(busy)", "ordered = sorted(busy, key=lambda pair: pair[1])")],
    [("if position < end:", "if position != end:")],
]
