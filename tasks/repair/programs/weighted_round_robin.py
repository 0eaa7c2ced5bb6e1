"""`weighted_round_robin(streams, weights)` yields items of several lists in turns.

In each round, every stream that still has items hands out its next items in their order, `weight` of them at most
(its weight is the number at the same position in `weights`, always at least 1), before it is the next stream's turn.
A stream that runs out is left out from then on. The iterator ends when all items of all streams are handed out.
There are as many weights as streams.
"""

TOPIC = "iterators"

SOLUTION = '''
from itertools import islice


def weighted_round_robin(streams, weights):
    active = [(iter(stream), weight) for stream, weight in zip(streams, weights)]
    while active:
        alive = []
        for stream, weight in active:
            taken = list(islice(stream, weight))
            yield from taken
            if len(taken) == weight:
                alive.append((stream, weight))
        active = alive
'''.lstrip()

FAULTS = [("(iter(stream), weight)", "(stream, weight)")]

ENTRY = "weighted_round_robin"

VISIBLE = [([[1], [2, 3]], [2, 3]), ([[1, 2, 3], [10, 20]], [2, 1]), ([[], ["a"]], [1, 4])]

EDGES = [
    ([], []),
    ([[]], [1]),
    ([[1, 2, 3, 4, 5]], [2]),
    ([[1, 1, 1, 1], [1, 1]], [1, 1]),
    ([[1, 2, 3, 4, 5, 6], [7, 8, 9, 10]], [2, 1]),
    ([[1, 2, 3, 4], [5, 6, 7, 8], []], [4, 2, 1]),
    ([[0, 0, 0], [9, 8, 7, 6, 5]], [1, 2]),
]


def generate(rng):
    count = rng.randrange(1, 5)
    streams = [[rng.randrange(20) for _ in range(rng.randrange(9))] for _ in range(count)]
    return (streams, [rng.randrange(1, 5) for _ in range(count)])


RIGHT = [
    [
        ("(iter(stream), weight)", "(list(stream), weight)"),
        ("alive.append((stream, weight))", "alive.append((stream[weight:], weight))"),
    ],
    [("            if len(taken) == weight:\n", "            if taken:\n")],
]

WRONG = [
    [
        ("(iter(stream), weight)", "(stream, weight)"),
        ("        active = alive\n", "        for stream, weight in alive:\n            yield from stream[weight:]\n        return\n"),
    ],
    [
        ("(iter(stream), weight)", "(stream, weight)"),
        ("alive.append((stream, weight))", "alive.append((stream[weight:], 1))"),
    ],
    [("    while active:\n", "    for _ in weights:\n")],
]
