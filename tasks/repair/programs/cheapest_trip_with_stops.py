"""`cheapest_trip(flights, start, goal, stops)` returns the lowest total fare from `start` to `goal` with at most
`stops` stops.

`flights` is a list of `(origin, destination, fare)` tuples (directed; fares are integers of 0 or more; there can be
several flights between two places). A trip with k stops takes k + 1 flights. `stops` is 0 or more. The result is None
if there is no such trip, and 0 if `start` is `goal`.
"""

TOPIC = "graphs"

SOLUTION = '''
def cheapest_trip(flights, start, goal, stops):
    best = {start: 0}
    for _ in range(stops + 1):
        reached = dict(best)
        for origin, destination, fare in flights:
            if origin in best:
                cost = best[origin] + fare
                if destination not in reached or cost < reached[destination]:
                    reached[destination] = cost
        best = reached
    return best.get(goal)
'''.lstrip()

FAULTS = [("reached = dict(best)", "reached = best")]

ENTRY = "cheapest_trip"

VISIBLE = [
    ([("A", "B", 4), ("B", "C", 1), ("A", "C", 9)], "A", "B", 0),
    ([("A", "B", 4), ("B", "C", 1), ("A", "C", 9)], "A", "C", 0),
    ([("A", "B", 2), ("B", "C", 2), ("A", "C", 7)], "A", "C", 1),
    ([("B", "A", 2)], "A", "B", 3),
]

EDGES = [
    ([], "A", "A", 0),
    ([], "A", "B", 2),
    ([("A", "B", 1), ("B", "C", 1), ("C", "D", 1)], "A", "D", 1),
    ([("A", "B", 1), ("B", "C", 1), ("C", "D", 1)], "A", "D", 2),
    ([("C", "D", 1), ("B", "C", 1), ("A", "B", 1)], "A", "D", 1),
    ([("C", "D", 1), ("B", "C", 1), ("A", "B", 1)], "A", "C", 0),
    ([("A", "B", 1), ("B", "C", 1), ("C", "D", 1), ("B", "D", 5), ("A", "D", 9)], "A", "D", 1),
    ([("A", "B", 5), ("A", "B", 3), ("B", "A", 0)], "A", "B", 0),
    ([("A", "B", 1), ("B", "A", 1)], "A", "A", 3),
]


def generate(rng):
    places = "ABCDEF"[: rng.randrange(2, 7)]
    flights = []
    for _ in range(rng.randrange(1, 3 * len(places))):
        origin, destination = rng.sample(places, 2)
        flights.append((origin, destination, rng.randrange(0, 10)))
    if rng.random() < 0.5:
        chain = rng.sample(places, len(places))
        flights += [(one, other, rng.randrange(0, 3)) for one, other in zip(chain, chain[1:])]
        rng.shuffle(flights)
        return flights, chain[0], chain[-1], rng.randrange(0, len(places))
    return flights, rng.choice(places), rng.choice(places), rng.randrange(0, 4)


RIGHT = [
    [("reached = dict(best)", "reached = best.copy()")],
    [("reached = dict(best)", "reached = {**best}")],
    [
        ("        reached = dict(best)\n", "        reached = best\n        best = dict(reached)\n"),
    ],
]

WRONG = [
    [
        ("reached = dict(best)", "reached = best"),
        ("in flights:", "in reversed(flights):"),
    ],
    [
        (
            "    for _ in range(stops + 1):\n        reached = dict(best)\n",
            "    reached = dict(best)\n    for _ in range(stops + 1):\n",
        ),
    ],
    [
        ("reached = dict(best)", "reached = best"),
        ("            if origin in best:\n", "            if origin in best and (stops or origin == start):\n"),
    ],
]
