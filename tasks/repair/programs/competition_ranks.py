"""`ranks(scores)` returns the rank of every score, in the order of the given list.

The highest score has rank 1. Equal scores share a rank, and each rank is one more than the number of strictly higher
scores, so after two firsts comes a third. A score of None means that the competitor did not start: its rank is None and
it does not count for the others. Scores are integers, negative ones too. No scores give an empty list.
"""

TOPIC = "lists"

SOLUTION = '''
def ranks(scores):
    started = [i for i, score in enumerate(scores) if score is not None]
    started.sort(key=lambda i: scores[i], reverse=True)
    result = [None] * len(scores)
    previous = None
    rank = 0
    for place, i in enumerate(started, start=1):
        if scores[i] != previous:
            rank = place
            previous = scores[i]
        result[i] = rank
    return result
'''.lstrip()

FAULTS = [("            previous = scores[i]\n", "")]

ENTRY = "ranks"

VISIBLE = [([30, 10, 20],), ([7, 9, 9],), ([5, None, 5],), ([],)]

EDGES = [
    ([9, 7, 7, 5],),
    ([1, 1, 1],),
    ([0, 0],),
    ([-1, -1, 0],),
    ([None],),
    ([None, 3, None, 3, 2],),
    ([8, 8, 6, 6, 4],),
    ([3, 2, 2, 2, 1],),
    ([0, None, -2, -2],),
    ([9, 9, 7, 8],),
]


def generate(rng):
    top = rng.choice([2, 3, 4, 6, 30])
    return ([rng.choice([None, *[rng.randrange(-2, top)] * 5]) for _ in range(rng.randrange(1, 10))],)


RIGHT = [
    [
        ("            previous = scores[i]\n", ""),
        ("        result[i] = rank\n", "        result[i] = rank\n        previous = scores[i]\n"),
    ],
    [
        ("            previous = scores[i]\n", ""),
        ("        if scores[i] != previous:\n", "        if place == 1 or scores[i] < scores[started[place - 2]]:\n"),
    ],
    [("        result[i] = rank\n", "        result[i] = 1 + sum(scores[k] > scores[i] for k in started)\n")],
]

WRONG = [
    [
        ("            previous = scores[i]\n", ""),
        ("    rank = 0\n", "    rank = 1\n"),
        ("        if scores[i] != previous:\n", "        if scores[i] != scores[started[0]]:\n"),
    ],
    [("        result[i] = rank\n", "        result[i] = 1 + sum((other or 0) > scores[i] for other in scores)\n")],
    [
        ("            previous = scores[i]\n", ""),
        ("        result[i] = rank\n",
         "        result[i] = rank\n        previous = max(scores[k] for k in started)\n"),
    ],
]
