"""`limit_runs(values, keep)` shortens, in place, the runs of equal neighbours in a list of whole numbers.

A run is a longest stretch of equal neighbouring values. Of every run with more than `keep` (>= 1) values only the first
`keep` stay; shorter runs stay as they are. Runs are those of the list as it was given. The order is kept, and the list
becomes shorter accordingly. The result is the number of values that were removed.
"""

TOPIC = "lists"

SOLUTION = '''
def limit_runs(values, keep):
    write = 0
    run = 1
    previous = None
    for value in list(values):
        if value == previous:
            run += 1
        else:
            run = 1
            previous = value
        if run <= keep:
            values[write] = value
            write += 1
    removed = len(values) - write
    del values[write:]
    return removed
'''.lstrip()

FAULTS = [("            run = 1\n            previous = value\n", "            previous = value\n")]

ENTRY = "limit_runs"

OBSERVE = "args"

VISIBLE = [([4, 4, 4, 5], 1), ([1, 2, 2, 3], 2), ([6, 6, 7, 7], 1), ([], 1)]

EDGES = [
    ([1, 1, 2, 2, 2, 1, 1, 1], 2),
    ([3, 3, 4, 4], 2),
    ([3, 3, 4, 4, 4], 2),
    ([3, 3, 4, 4, 4, 4], 3),
    ([0, 0, 0], 1),
    ([0], 1),
    ([5, 5, 5, 5], 4),
    ([1, 2, 1, 2], 1),
    ([2, 2, 1, 2, 2], 2),
    ([1, 1, 1, 1, 0, 0, 1], 1),
]


def generate(rng):
    values = []
    for _ in range(rng.randrange(1, 6)):
        values += [rng.randrange(3)] * rng.randrange(1, 5)
    return (values, rng.choice([1, 1, 2, 2, 3]))


RIGHT = [
    [
        ("            run = 1\n            previous = value\n", "            previous = value\n"),
        ("        if value == previous:\n",
         "        if value != previous:\n            run = 1\n        if value == previous:\n"),
    ],
    [
        (
            "        if value == previous:\n            run += 1\n        else:\n            run = 1\n"
            "            previous = value\n",
            "        if value != previous:\n            run = 0\n        previous = value\n        run += 1\n",
        ),
    ],
]

WRONG = [
    [("            run = 1\n            previous", "            run = min(run, keep)\n            previous")],
    [("            run = 1\n", "            if run > keep:\n                run = 1\n")],
    [("            run = 1\n            prev", "            run = values[:write].count(value) + 1\n            prev")],
]
