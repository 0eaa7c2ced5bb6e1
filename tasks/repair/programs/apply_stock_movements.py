"""`apply_movements(stock, movements)` returns the stock levels after a list of movements.

`stock` maps an article to its level (a non-negative integer); `movements` is a list of `(article, change)` tuples,
which are booked in order. A positive change is a delivery, a negative one a sale; an article that is not in `stock`
starts at 0. A movement that would bring an article's level below 0 raises ValueError. Selling out (exactly to 0) is
allowed. The result maps each article whose final level is not 0 to that level. `stock` itself is not changed.
"""

TOPIC = "dicts"

SOLUTION = '''
def apply_movements(stock, movements):
    levels = dict(stock)
    for article, change in movements:
        level = levels.get(article, 0) + change
        if level < 0:
            raise ValueError(f"not enough {article} in stock")
        levels[article] = level
    return {article: level for article, level in levels.items() if level}
'''.lstrip()

FAULTS = [("if level < 0:", "if level <= 0:")]

ENTRY = "apply_movements"
OBSERVE = "args"

VISIBLE = [
    ({"bolt": 5, "nut": 4}, [("bolt", -5)]),
    ({"bolt": 1}, [("bolt", -4)]),
    ({"cog": 2}, [("cog", 3), ("nut", 1), ("cog", -1)]),
    ({"cog": 3}, [("cog", -3), ("cog", 4)]),
]

EDGES = [
    ({}, []),
    ({"a": 0}, []),
    ({"a": 0}, [("a", 0)]),
    ({}, [("b", 0)]),
    ({}, [("b", -1)]),
    ({"a": 3}, [("a", -4)]),
    ({"a": 3}, [("a", -3), ("a", -1)]),
    ({"a": 9, "b": 1}, [("b", -2)]),
    ({"a": 2}, [("a", -1), ("a", -1), ("b", 2)]),
]


def generate(rng):
    names = ["bolt", "nut", "cog", "gear"][: rng.randrange(1, 5)]
    stock = {name: rng.randrange(0, 7) for name in names if rng.random() < 0.8}
    levels, movements = dict(stock), []
    for _ in range(rng.randrange(0, 7)):
        name = rng.choice(names)
        low = -levels.get(name, 0)
        change = rng.choice([low, low, rng.randrange(low, 5), rng.randrange(1, 5)])
        if rng.random() < 0.08:
            movements.append((name, low - rng.choice([1, 1, 2, 5])))
            break
        levels[name] = levels.get(name, 0) + change
        movements.append((name, change))
    return stock, movements


RIGHT = [
    [("if level < 0:", "if level <= -1:")],
    [("if level < 0:", "if -change > levels.get(article, 0):")],
]

WRONG = [
    [("if level < 0:", "if level < 0 and article in stock:")],
    [("if level < 0:", "if level <= -2:")],
    [("if level < 0:", "if sum(levels.values()) + change < 0:")],
]
