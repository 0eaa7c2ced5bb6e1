"""`parse_nested_lists(text)` parses a whole number, or a list of such values in square brackets, nested to any depth.

Numbers are ASCII digits after an optional minus sign. Items of a list are separated by single commas; a list may be
empty. Spaces may stand between, before and after numbers, commas and brackets. The result is an int or nested lists of
ints. ValueError is raised for everything else: missing or extra brackets, commas without an item on both sides, items
without a comma between them, a minus sign without a digit after it, text after the value, the empty text.
"""

TOPIC = "parsing"

SOLUTION = '''
def skip_spaces(text, i):
    while i < len(text) and text[i] == " ":
        i += 1
    return i


def parse_value(text, i):
    i = skip_spaces(text, i)
    if text[i:i + 1] == "[":
        return parse_list(text, i + 1)
    start = i
    if text[i:i + 1] == "-":
        i += 1
    while i < len(text) and text[i].isdigit():
        i += 1
    return int(text[start:i]), i


def parse_list(text, i):
    items = []
    i = skip_spaces(text, i)
    if text[i:i + 1] == "]":
        return [], i + 1
    while True:
        value, i = parse_value(text, i)
        items.append(value)
        i = skip_spaces(text, i)
        if text[i:i + 1] == "]":
            return items, i + 1
        if text[i:i + 1] != ",":
            raise ValueError("a comma or a bracket is missing")
        i += 1


def parse_nested_lists(text):
    value, i = parse_value(text, 0)
    if skip_spaces(text, i) != len(text):
        raise ValueError("text after the value")
    return value
'''.lstrip()

FAULTS = [("        return [], i + 1\n", "        return [], i\n")]

ENTRY = "parse_nested_lists"

VISIBLE = [("[1, [2, -3]]",), ("[]",), ("[1 2]",), (" 42",)]

EDGES = [
    ("",),
    ("[[]]",),
    ("[[], 1]",),
    ("[1, []]",),
    ("[[],[]]",),
    ("[ ]",),
    ("[ ] ",),
    ("[]]",),
    ("[[]",),
    ("[][]",),
    ("[] 1",),
    ("[1,]",),
    ("[,1]",),
    ("-",),
    ("[-]",),
    ("[[[ ],[7]], -0 ]",),
    ("[[",),
    ("[1  ,  2]",),
    ("   5",),
    ("[1;2]",),
    ("[1+2]",),
    ("[1\t]",),
    ("[1[2]]",),
    ("--1",),
]


def generate(rng):
    def value(depth):
        if depth == 0 or rng.random() < 0.35:
            return rng.choice(["0", "7", "-12", "305"])
        pad = rng.choice(["", "", " "])
        return "[" + pad + ("," + pad).join(value(depth - 1) for _ in range(rng.choice([0, 0, 1, 2, 3]))) + pad + "]"

    text = value(rng.randrange(1, 5))
    if rng.random() < 0.3 and text:
        at = rng.randrange(len(text) + 1)
        text = text[:at] + rng.choice(["]", "[", ",", " ", "", "1"]) + text[at + rng.randrange(2):]
    return (text,)


RIGHT = [
    [("        return [], i + 1\n", "        i += 1\n        return items, i\n")],
    [
        ("    items = []\n    i = skip_spaces(text, i)\n", "    i = skip_spaces(text, i)\n    items = []\n"),
        ("        return [], i + 1\n", "        return items, i + 1\n"),
    ],
]

WRONG = [
    [("    value, i = parse_value(text, 0)\n", "    if text == \"[]\":\n        return []\n    value, i = parse_value(text, 0)\n"), ("        return [], i + 1\n", "        return [], i\n")],
    [("        return [], i + 1\n", "        return [], len(text)\n")],
    [("        return [], i + 1\n", "        return [], i\n"), ("    if skip_spaces(text, i) != len(text):\n", "    if value and skip_spaces(text, i) != len(text):\n")],
]
