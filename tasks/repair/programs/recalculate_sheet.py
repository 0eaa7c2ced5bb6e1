"""`recalculate_sheet(cells)` works out all cells of a small spreadsheet.

`cells` maps cell names ("A1", "BC12": capital letters, then a number) to a whole number or to a formula. A formula is
text: "=" and then whole numbers without sign and cell names, with "+" or "-" between them and perhaps in front of the
first one, without blanks: "=A1+B2-3", "=-C4". A formula may name a cell that is not in `cells`; that one counts as 0.
A formula may use the same cell several times, directly or by way of others.

The result is a dict with the same names and the value of each, a whole number. The value is None for a formula that
needs its own value, directly or by way of others, and for each formula that needs the value of such a one.
"""

TOPIC = "recursion"

SOLUTION = '''
import re

TERM = re.compile(r"([+-]?)([A-Z]+[0-9]+|[0-9]+)")


def evaluate(cells, name, path):
    content = cells.get(name, 0)
    if isinstance(content, int):
        return content
    if name in path:
        return None
    path = path | {name}
    total = 0
    for sign, term in TERM.findall(content):
        if term.isdigit():
            value = int(term)
        else:
            value = evaluate(cells, term, path)
        if value is None:
            return None
        total += -value if sign == "-" else value
    return total


def recalculate_sheet(cells):
    return {name: evaluate(cells, name, set()) for name in cells}
'''.lstrip()

FAULTS = [("    path = path | {name}\n", "    path.add(name)\n")]

ENTRY = "recalculate_sheet"

VISIBLE = [
    ({"A1": 4, "A2": "=A1+A1-3", "B1": "=-A2+C9"},),
    ({"A1": "=B1+C1", "B1": "=C1+1", "C1": "=5"},),
    ({"A1": "=A1+1", "A2": "=7-10"},),
]

EDGES = [
    ({},),
    ({"A1": "=B1", "B1": "=A1"},),
    ({"A1": "=B1+A1", "B1": "=2"},),
    ({"A1": "=B1-B1", "B1": "=3"},),
    ({"A1": "=B1", "B1": "=C1", "C1": "=A1", "D1": "=A1+1", "E1": "=2"},),
    ({"A1": "=B1+C1+D1", "B1": "=D1", "C1": "=D1", "D1": "=6"},),
    ({"A1": "=B1+B1", "B1": "=C1+C1", "C1": "=D1+D1", "D1": "=1"},),
    ({"A1": "=B1+C1", "B1": "=2", "C1": "=D1", "D1": "=A1"},),
    ({"A1": "=Z9+Z9", "B1": "=A1-Z9"},),
    ({"A1": 0, "B1": "=A1+0"},),
]


def generate(rng):
    names = ["A1", "A2", "B1", "B2", "C3", "AA10", "D4"][: rng.randrange(2, 8)]
    looped = rng.random() < 0.4
    cells = {}
    for place, name in enumerate(names):
        if rng.random() < 0.2:
            cells[name] = rng.randrange(-9, 20)
            continue
        pool = names[place + 1:] + (names if looped and rng.random() < 0.4 else [])
        terms = []
        for _ in range(rng.randrange(1, 4)):
            terms.append(rng.choice(pool) if pool and rng.random() < 0.75 else rng.choice(["1", "20", "X5", "0"]))
        text = rng.choice(["=", "=", "=-"]) + terms[0]
        cells[name] = text + "".join(rng.choice("+-") + term for term in terms[1:])
    order = list(cells)
    rng.shuffle(order)
    return ({name: cells[name] for name in order},)


RIGHT = [
    [
        ("    path = path | {name}\n", "    path.add(name)\n"),
        ("    return total\n", "    path.remove(name)\n    return total\n"),
    ],
    [("    path = path | {name}\n", ""), ("value = evaluate(cells, term, path)", "value = evaluate(cells, term, {*path, name})")],
]

WRONG = [
    [("    path = path | {name}\n", "    path = {name}\n")],
    [
        ("    path = path | {name}\n", "    path.add(name)\n"),
        ("    return total\n", "    path.clear()\n    return total\n"),
    ],
]
