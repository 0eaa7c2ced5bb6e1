"""`pivot_table(records, row, column, value, how)` makes a pivot table of a list of records, as a spreadsheet does.

Each record is a dict; all of them have the fields named by `row` and `column`, whose values are text. The field named by
`value` is a whole number; records where it is missing or None are left out altogether. `how` says what a cell shows of
the records with its row and column: "sum", "max" or "min" of their values, or their "count". ValueError is raised for any
other `how`.

The result is a list of lists. The first one is the head: the name of the row field, then the names of the columns in
rising order. After it there is one list for each row, in the order in which the rows first occur in the records that are
not left out: the name of the row, then its cells, None where there is no record.
"""

TOPIC = "dicts"

SOLUTION = '''
COMBINE = {
    "sum": lambda total, number: total + number,
    "max": max,
    "min": min,
    "count": lambda total, number: total + 1,
}


def pivot_table(records, row, column, value, how):
    if how not in COMBINE:
        raise ValueError("sum, max, min or count")
    combine = COMBINE[how]
    table = {}
    columns = set()
    for record in records:
        number = record.get(value)
        if number is None:
            continue
        columns.add(record[column])
        cells = table.setdefault(record[row], {})
        key = record[column]
        if key in cells:
            cells[key] = combine(cells[key], number)
        else:
            cells[key] = 1 if how == "count" else number
    head = sorted(columns)
    result = [[row] + head]
    for name, cells in table.items():
        result.append([name] + [cells.get(key) for key in head])
    return result
'''.lstrip()

FAULTS = [
    (
        '        if key in cells:\n            cells[key] = combine(cells[key], number)\n        else:\n            cells[key] = 1 if how == "count" else number\n',
        "        cells[key] = combine(cells.get(key, 0), number)\n",
    )
]

ENTRY = "pivot_table"


def make(rows):
    return [{"shop": shop, "month": month, "net": net} for shop, month, net in rows]


VISIBLE = [
    (make([("north", "feb", 5), ("south", "jan", 7), ("north", "feb", 2), ("south", "jan", None)]), "shop", "month", "net", "sum"),
    (make([("north", "jan", -5), ("north", "jan", -3), ("south", "feb", 4)]), "shop", "month", "net", "max"),
    (make([("north", "jan", -5), ("south", "jan", -1), ("north", "jan", 8)]), "month", "shop", "net", "min"),
    (make([("north", "jan", 0), ("north", "jan", 9)]), "shop", "month", "net", "count"),
]

EDGES = [
    ([], "shop", "month", "net", "sum"),
    ([], "shop", "month", "net", "mean"),
    (make([("a", "x", 5)]), "shop", "month", "net", "min"),
    (make([("a", "x", 5), ("a", "x", 3)]), "shop", "month", "net", "min"),
    (make([("a", "x", 0), ("a", "x", -3)]), "shop", "month", "net", "max"),
    (make([("a", "x", 0), ("a", "x", 3)]), "shop", "month", "net", "min"),
    (make([("a", "x", -3), ("a", "x", 0)]), "shop", "month", "net", "max"),
    (make([("a", "x", 2), ("a", "x", -2), ("a", "x", 1)]), "shop", "month", "net", "sum"),
    (make([("b", "y", None), ("a", "x", -1), ("b", "z", 0)]), "shop", "month", "net", "max"),
    (make([("b", "y", 1), ("a", "x", 1), ("b", "x", 1)]), "shop", "month", "net", "count"),
    ([{"shop": "a", "month": "x"}, {"shop": "b", "month": "y", "net": -4}], "shop", "month", "net", "max"),
]


def generate(rng):
    low, high = rng.choice([(-9, 0), (1, 9), (-3, 3), (-2, 1), (-50, 50)])
    rows = []
    for _ in range(rng.randrange(1, 10)):
        number = None if rng.random() < 0.1 else rng.randrange(low, high + 1)
        rows.append((rng.choice(["north", "south", "east"][: rng.randrange(1, 4)]), rng.choice(["jan", "feb", "mar"]), number))
    return (make(rows), *rng.choice([("shop", "month"), ("month", "shop")]), "net", rng.choice(["max", "min", "max", "min", "sum", "count"]))


RIGHT = [
    [
        ("        if key in cells:\n            cells[key] = combine(cells[key], number)\n        else:\n            cells[key] = 1 if how == \"count\" else number\n",
         "        start = number if how in (\"max\", \"min\") else 0\n        cells[key] = combine(cells.get(key, start), number)\n"),
    ],
    [
        ("        if key in cells:\n            cells[key] = combine(cells[key], number)\n        else:\n            cells[key] = 1 if how == \"count\" else number\n",
         "        if key not in cells:\n            cells[key] = {\"max\": float(\"-inf\"), \"min\": float(\"inf\")}.get(how, 0)\n        cells[key] = combine(cells[key], number)\n"),
    ],
]

WRONG = [
    [
        ("        if key in cells:\n            cells[key] = combine(cells[key], number)\n        else:\n            cells[key] = 1 if how == \"count\" else number\n",
         "        start = float(\"-inf\") if how == \"max\" else 0\n        cells[key] = combine(cells.get(key, start), number)\n"),
    ],
    [("        if key in cells:\n", "        if cells.get(key):\n")],
]
