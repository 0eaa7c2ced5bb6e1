"""`grid_line(x0, y0, x1, y1)` returns the cells of a straight line on a grid, as a list of tuples (x, y).

The line runs from (x0, y0) to (x1, y1), all of them integers. It has as many steps as the longer of its two extents
(in x or in y), and so one cell more than that; after step i of n each coordinate is `start + i / n * (end - start)`,
rounded to the nearest integer, exact halves towards plus infinity. If both ends are the same cell, it is the only one.
"""

TOPIC = "numeric"

SOLUTION = '''
def interpolate(start, end, step, steps):
    doubled = 2 * step * (end - start) + steps
    return start + doubled // (2 * steps)


def grid_line(x0, y0, x1, y1):
    steps = max(abs(x1 - x0), abs(y1 - y0))
    if steps == 0:
        return [(x0, y0)]
    cells = []
    for step in range(steps + 1):
        x = interpolate(x0, x1, step, steps)
        y = interpolate(y0, y1, step, steps)
        cells.append((x, y))
    return cells
'''.lstrip()

FAULTS = [("abs(y1 - y0)", "abs(y1 - x0)")]

ENTRY = "grid_line"

VISIBLE = [(0, 0, 4, 2), (2, 0, 3, 4), (5, 1, 1, 1), (-1, -1, -1, -1)]

EDGES = [
    (0, 0, 0, 5),
    (0, 5, 0, 0),
    (3, 1, 3, 4),
    (2, 7, 4, 3),
    (1, -3, 2, -6),
    (0, 0, -3, -3),
    (0, 3, -5, 3),
    (4, 9, 4, 9),
    (1, 6, 2, 8),
]


def generate(rng):
    return tuple(rng.randrange(-8, 9) for _ in range(4))


RIGHT = [
    [("abs(y1 - y0)", "abs(y0 - y1)")],
    [("steps = max(abs(x1 - x0), abs(y1 - y0))", "steps = max(x1 - x0, x0 - x1, y1 - y0, y0 - y1)")],
    [
        ("    steps = max(abs(x1 - x0), abs(y1 - y0))\n",
         "    wide, high = abs(x0 - x1), abs(y0 - y1)\n    steps = wide if wide > high else high\n"),
    ],
]

WRONG = [
    [("abs(y1 - y0)", "abs(y1) - abs(y0)")],
    [("abs(y1 - y0)", "y1 - y0")],
    [("max(abs(x1 - x0), abs(y1 - y0))", "round(((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5)")],
]
