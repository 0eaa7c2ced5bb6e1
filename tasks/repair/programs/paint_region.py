"""`paint(picture, row, column, colour)` recolours one region of a picture, like the bucket of a paint program.

`picture` is a non-empty list of equally long, non-empty strings, each character is the colour of a cell. `(row,
column)` is a cell in it, `colour` is a character. The region is the cell and all cells of its colour that can be
reached from it by steps up, down, left and right over cells of that colour. The result is `(new picture, number of
cells whose colour has changed)`; `picture` itself is not changed.
"""

TOPIC = "recursion"

SOLUTION = '''
def paint(picture, row, column, colour):
    cells = [list(line) for line in picture]
    old = cells[row][column]

    def spread(r, c):
        if not (0 <= r < len(cells) and 0 <= c < len(cells[r])):
            return 0
        if cells[r][c] != old:
            return 0
        cells[r][c] = colour
        return 1 + spread(r - 1, c) + spread(r + 1, c) + spread(r, c - 1) + spread(r, c + 1)

    if old == colour:
        return picture, 0
    changed = spread(row, column)
    return ["".join(line) for line in cells], changed
'''.lstrip()

FAULTS = [("    if old == colour:\n        return picture, 0\n", "")]

ENTRY = "paint"

VISIBLE = [
    (["..#", ".##"], 0, 0, "o"),
    (["ab", "ba"], 1, 1, "b"),
    (["##"], 0, 0, "#"),
    (["o.o"], 0, 2, "."),
]

EDGES = [
    (["#"], 0, 0, "#"),
    (["."], 0, 0, "."),
    (["."], 0, 0, "#"),
    (["..", ".."], 1, 0, "."),
    (["ab", "ba"], 0, 1, "b"),
    (["##", "#."], 0, 1, "#"),
    (["###", "#.#", "###"], 2, 1, "."),
    (["#.#", ".#.", "#.#"], 1, 1, "#"),
    (["....", "####", "...."], 0, 3, "o"),
    (["o#o"], 0, 1, "#"),
]


def generate(rng):
    height, width = rng.randrange(1, 6), rng.randrange(1, 6)
    colours = rng.choice([".#", ".#", ".#o", "."])
    picture = ["".join(rng.choice(colours) for _ in range(width)) for _ in range(height)]
    row, column = rng.randrange(height), rng.randrange(width)
    return picture, row, column, rng.choice([".", "#", "o", picture[row][column]])


RIGHT = [
    [
        (
            "    if old == colour:\n        return picture, 0\n    changed = spread(row, column)\n",
            "    changed = 0 if old == colour else spread(row, column)\n",
        )
    ],
    [
        ("    if old == colour:\n        return picture, 0\n", ""),
        ("        if cells[r][c] != old:\n", "        if cells[r][c] == colour or cells[r][c] != old:\n"),
    ],
]

WRONG = [
    [("    if old == colour:\n", '    if colour == "#":\n')],
    [("    if old == colour:\n", "    if len(cells) == 1 and cells[0][-1] == colour:\n")],
    [("    if old == colour:\n", '    if set("".join(picture)) == {colour}:\n')],
]
