"""`merge_ranges(ranges, gap)` joins ranges of whole numbers that overlap or lie close together.

A range is a pair (first, last) with both ends included; a pair given backwards, with first > last, means the same range
as the other way round. Two ranges are joined if at most `gap` whole numbers lie between them (gap >= 0; with gap 0,
ranges that overlap or directly follow one another, like (1, 3) and (4, 6), are joined). A joined range reaches from the
lowest to the highest number of its members, and may itself be joined with further ones. The result is the ascending
list of what remains, as tuples (first, last) with first <= last. The given list is not changed.
"""

TOPIC = "lists"

SOLUTION = '''
def normalized(ranges):
    pairs = []
    for first, last in ranges:
        if first > last:
            first, last = last, first
        pairs.append((first, last))
    return sorted(pairs)


def merge_ranges(ranges, gap):
    merged = []
    for first, last in normalized(ranges):
        if merged and first - merged[-1][1] - 1 <= gap:
            merged[-1] = (merged[-1][0], max(merged[-1][1], last))
        else:
            merged.append((first, last))
    return merged
'''.lstrip()

FAULTS = [("max(merged[-1][1], last)", "last")]

ENTRY = "merge_ranges"

VISIBLE = [([(1, 3), (4, 6), (9, 9)], 0), ([(1, 10), (2, 3)], 0), ([(8, 5), (1, 2)], 2), ([], 1)]

EDGES = [
    ([(1, 20), (2, 3), (15, 16)], 0),
    ([(1, 20), (2, 3), (18, 25)], 0),
    ([(1, 10), (2, 3), (5, 6), (12, 13)], 0),
    ([(5, 5), (5, 5)], 0),
    ([(1, 9), (1, 4)], 0),
    ([(3, 4), (1, 8), (9, 2)], 0),
    ([(-5, -1), (-9, -7)], 0),
    ([(1, 2), (4, 5)], 1),
    ([(1, 2), (4, 5)], 0),
    ([(1, 30), (3, 4), (6, 7), (29, 31)], 2),
    ([(10, 1), (2, 3), (20, 30)], 0),
]


def generate(rng):
    ranges = []
    top = rng.choice([12, 30, 60])
    for _ in range(rng.randrange(1, 9)):
        first = rng.randrange(-5, top)
        pair = (first, first + rng.choice([0, 1, 2, 3, rng.randrange(15)]))
        ranges.append(pair if rng.random() < 0.8 else pair[::-1])
    return (ranges, rng.choice([0, 0, 0, 1, 2, 5]))


RIGHT = [
    [("max(merged[-1][1], last)", "last if last > merged[-1][1] else merged[-1][1]")],
    [
        ("            merged[-1] = (merged[-1][0], max(merged[-1][1], last))\n",
         "            if last > merged[-1][1]:\n                merged[-1] = (merged[-1][0], last)\n"),
    ],
]

WRONG = [
    [
        ("            merged[-1] = (merged[-1][0], max(merged[-1][1], last))\n",
         "            if last - first > 1:\n                merged[-1] = (merged[-1][0], last)\n"),
    ],
    [
        ("max(merged[-1][1], last)", "last"),
        ("    for first, last in normalized(ranges):\n",
         "    pairs = normalized(ranges)\n    for i, (first, last) in enumerate(pairs):\n"
         "        if i and last <= pairs[i - 1][1]:\n            continue\n"),
    ],
    [("max(merged[-1][1], last)", "max(merged[0][1], last)")],
]
