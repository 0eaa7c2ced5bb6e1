"""`expand_cell_range(text)` lists the cells of a spreadsheet range such as "B2:C4".

A cell is named by its column, one to three letters (capital or small), and its row, a positive whole number without
leading zeros. Columns are counted A, B, ..., Z, AA, AB, ..., AZ, BA, ..., ZZ, AAA, ... A range is two cells with a
colon between them: any two opposite corners of the rectangle, in either order. A single cell is a range too.

The result is the list of the names of all cells in the rectangle, with capital letters, row by row from the top, and in
each row from the left. ValueError is raised for any other text.
"""

TOPIC = "strings"

SOLUTION = '''
import re

CELL = re.compile("([A-Za-z]{1,3})([1-9][0-9]*)")


def column_number(letters):
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def column_letters(number):
    letters = ""
    while number > 0:
        letters = "ZABCDEFGHIJKLMNOPQRSTUVWXY"[number % 26] + letters
        number = (number - 1) // 26
    return letters


def expand_cell_range(text):
    corners = [CELL.fullmatch(part) for part in text.split(":")]
    if len(corners) > 2 or None in corners:
        raise ValueError("not a range of cells")
    columns = sorted(column_number(corner[1]) for corner in corners)
    rows = sorted(int(corner[2]) for corner in corners)
    names = []
    for row in range(rows[0], rows[-1] + 1):
        for column in range(columns[0], columns[-1] + 1):
            names.append(column_letters(column) + str(row))
    return names
'''.lstrip()

FAULTS = [
    ("        number = (number - 1) // 26\n", "        number = number // 26\n"),
    ("rows = sorted(int(corner[2]) for corner in corners)", "rows = [int(row) for row in sorted(corner[2] for corner in corners)]"),
]

ENTRY = "expand_cell_range"

VISIBLE = [("c1:B2",), ("Y3:AA3",), ("D9:D11",), ("A0",)]

EDGES = [
    ("",),
    (":",),
    ("A1:",),
    (":A1",),
    ("A1:B2:C3",),
    ("Z1",),
    ("z26",),
    ("AZ1",),
    ("AY1:BB1",),
    ("ZZ5",),
    ("ZY1:AAB1",),
    ("AAZ1",),
    ("B10:A9",),
    ("A11:B9",),
    ("B3:A1",),
    ("A100:A98",),
    ("A98:A101",),
    ("A2:A12",),
    ("ABCD1",),
    ("A-1",),
    ("$A$1",),
    ("A1 ",),
    ("A01",),
    ("1A",),
    ("zz10:yz9",),
]


def generate(rng):
    def letters(number):
        text = ""
        while number:
            number, rest = divmod(number - 1, 26)
            text = chr(65 + rest) + text
        return text

    column = rng.choice([1, 3, 24, 25, 50, 51, 76, 100, 700, 701, 1350])
    row = rng.choice([1, 2, 8, 9, 19, 95, 99])
    ends = [(column, row), (column + rng.randrange(4), row + rng.randrange(1, 5))]
    if rng.random() < 0.3:
        ends = [(ends[0][0], ends[1][1]), (ends[1][0], ends[0][1])]
    if rng.random() < 0.4:
        ends.reverse()
    names = [letters(at) + str(down) for at, down in ends]
    text = rng.choice([":".join(names), ":".join(names), ":".join(names), names[0]])
    return (text.lower() if rng.random() < 0.2 else text,)


RIGHT = [
    [("        number = (number - 1) // 26\n", "        number = number // 26 - (number % 26 == 0)\n")],
    [
        ('        letters = "ZABCDEFGHIJKLMNOPQRSTUVWXY"[number % 26] + letters\n        number = (number - 1) // 26\n',
         '        number, rest = divmod(number - 1, 26)\n        letters = chr(ord("A") + rest) + letters\n'),
    ],
    [("rows = sorted(int(corner[2]) for corner in corners)", "rows = sorted([corner[2] for corner in corners], key=int)\n    rows = [int(row) for row in rows]")],
]

WRONG = [
    [("rows = sorted(int(corner[2]) for corner in corners)", "rows = [int(corner[2]) for corner in corners]")],
    [("        number = (number - 1) // 26\n", "        number = number // 26 if number != 26 else 0\n")],
    [("rows = sorted(int(corner[2]) for corner in corners)", "rows = [int(row) for row in sorted((corner[2] for corner in corners), key=len)]")],
]
