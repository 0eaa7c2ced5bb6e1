"""`critical_roads(roads)` lists the roads whose closing would cut some places off from each other.

`roads` is a list of `(place, place)` tuples of strings; the two places of a road differ, roads can be used both ways,
and no two roads link the same two places. The network need not be connected. A road is critical when its two places
would no longer be linked, directly or through others, without it. The result is a sorted list of `(place, place)`
tuples, in each of which the smaller name is first.
"""

TOPIC = "graphs"

SOLUTION = '''
def critical_roads(roads):
    near = {}
    for one, other in roads:
        near.setdefault(one, []).append(other)
        near.setdefault(other, []).append(one)
    order = {}
    lowest = {}
    found = []

    def visit(place, origin):
        order[place] = lowest[place] = len(order)
        for other in near[place]:
            if other == origin:
                continue
            if other in order:
                lowest[place] = min(lowest[place], order[other])
                continue
            visit(other, place)
            lowest[place] = min(lowest[place], lowest[other])
            if lowest[other] > order[place]:
                found.append((min(place, other), max(place, other)))

    for place in near:
        if place not in order:
            visit(place, None)
    return sorted(found)
'''.lstrip()

FAULTS = [("if lowest[other] > order[place]:", "if lowest[other] >= order[place]:")]

ENTRY = "critical_roads"

VISIBLE = [
    ([("b", "a"), ("b", "c")],),
    ([("a", "b"), ("b", "c"), ("c", "a")],),
    ([("a", "b"), ("b", "c"), ("c", "a"), ("c", "d")],),
]

EDGES = [
    ([],),
    ([("b", "a")],),
    ([("a", "b"), ("c", "d")],),
    ([("a", "b"), ("b", "c"), ("c", "d")],),
    ([("d", "a"), ("a", "b"), ("b", "c"), ("c", "a")],),
    ([("a", "b"), ("b", "c"), ("c", "a"), ("c", "d"), ("d", "e"), ("e", "f"), ("f", "d")],),
    ([("a", "b"), ("b", "c"), ("c", "a"), ("c", "d"), ("d", "e"), ("e", "c")],),
    ([("a", "b"), ("b", "c"), ("c", "d"), ("d", "a"), ("a", "c"), ("e", "f")],),
    ([("a", "b"), ("b", "c"), ("c", "d"), ("d", "e"), ("e", "c")],),
]


def generate(rng):
    places = rng.sample("abcdefgh", rng.randrange(2, 9))
    roads = {}
    for place in range(1, len(places)):
        if rng.random() < 0.85:
            pair = places[place], places[rng.randrange(place)]
            roads[frozenset(pair)] = pair
    for _ in range(rng.choice([0, 1, 1, 2, 3])):
        pair = tuple(rng.sample(places, 2))
        roads[frozenset(pair)] = pair
    result = list(roads.values())
    rng.shuffle(result)
    return (result,)


RIGHT = [
    [("if lowest[other] > order[place]:", "if lowest[other] == order[other]:")],
    [("if lowest[other] > order[place]:", "if not lowest[other] <= order[place]:")],
]

WRONG = [
    [("if lowest[other] > order[place]:", "if 1 in (len(near[place]), len(near[other])):")],
    [("if lowest[other] > order[place]:", "if lowest[other] > 0:")],
    [
        (
            "if lowest[other] > order[place]:",
            "if lowest[other] >= order[place] and (order[place] > 0 or len(roads) < 3):",
        ),
    ],
]
