"""`expand_tab_stops(text, stops)` replaces the tab characters of a text by spaces.

`stops` is an ascending list of columns > 0 (the first column of a line is column 0). A tab is replaced by as many
spaces as lead to the first stop that is greater than the current column; if there is no such stop, by exactly one
space. Each character other than a newline takes one column, and every newline character starts a new line. All other
characters stay as they are.
"""

TOPIC = "strings"

SOLUTION = '''
def next_stop(column, stops):
    for stop in stops:
        if stop > column:
            return stop
    return column + 1


def expand_tab_stops(text, stops):
    pieces = []
    column = 0
    for character in text:
        if character == "\\t":
            target = next_stop(column, stops)
            pieces.append(" " * (target - column))
            column = target
        elif character == "\\n":
            pieces.append(character)
            column = 0
        else:
            pieces.append(character)
            column += 1
    return "".join(pieces)
'''.lstrip()

FAULTS = [("            pieces.append(character)\n            column = 0\n", "            pieces.append(character)\n")]

ENTRY = "expand_tab_stops"

VISIBLE = [("a\tb\tc", [4, 10]), ("one\n\tx", [4, 8]), ("abcd\tx\ty", [4]), ("", [3])]

EDGES = [
    ("\t", [3]),
    ("\t\t\t", [2, 5]),
    ("ab\tc\nd\te", [3, 7]),
    ("\n\n\ta\n", [4]),
    ("a\tb\n", [4]),
    ("a\n\tb\n\tc\n", [2, 6]),
    ("abcdefgh\n\tb\nabc\tc", [4, 8]),
    ("a\tb\nccc\td\n\n\te", [2, 4, 9]),
    ("a\t\n", []),
    ("abc\n\tz", [4, 8]),
]


def generate(rng):
    stops = sorted(rng.sample(range(1, 16), rng.randrange(0, 5)))
    lines = []
    for _ in range(rng.randrange(1, 5)):
        lines.append("".join(rng.choice("\t\tab .") for _ in range(rng.randrange(0, 8))))
    return ("\n".join(lines) + rng.choice(["", "\n"]), stops)


RIGHT = [
    [
        ('        elif character == "\\n":\n            pieces.append(character)\n            column = 0\n', ""),
        ("            column += 1\n", '            column = 0 if character == "\\n" else column + 1\n'),
    ],
    [
        ("            column = 0\n        else:\n", "        else:\n"),
        ("    for character in text:\n",
         '    for i, character in enumerate(text):\n        if text[i - 1 : i] == "\\n":\n            column = 0\n'),
    ],
]

WRONG = [
    [
        ("    pieces = []\n",
         '    if "\\n" in text:\n'
         '        return "\\n".join(expand_tab_stops(line, stops) for line in text.splitlines())\n'
         "    pieces = []\n"),
    ],
    [("            pieces.append(character)\n            column = 0\n",
      "            column -= len(pieces)\n            pieces.append(character)\n")],
    [
        ("            column = 0\n        else:\n", "        else:\n"),
        ("            target = next_stop",
         '            if pieces[-1:] == ["\\n"]:\n                column = 0\n            target = next_stop'),
    ],
]
