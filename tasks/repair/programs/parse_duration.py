"""`parse_duration(text)` returns the number of seconds in a duration such as `"1h30m"` or `"2d5s"`.

The text is a sequence of parts, each a whole number (ASCII digits) directly followed by a unit: `d` (86400 seconds),
`h` (3600), `m` (60) or `s` (1). Parts add up, in any order, and a unit may occur more than once. The empty text is 0.
Anything else raises ValueError: an unknown character, a unit without a number, a number without a unit.
"""

TOPIC = "parsing"

SOLUTION = '''
UNITS = {"d": 86400, "h": 3600, "m": 60, "s": 1}


def parse_duration(text):
    total = 0
    digits = ""
    for char in text:
        if char in "0123456789":
            digits += char
        elif char in UNITS:
            if not digits:
                raise ValueError("a unit needs a number")
            total += int(digits) * UNITS[char]
            digits = ""
        else:
            raise ValueError("unknown character")
    if digits:
        raise ValueError("a number needs a unit")
    return total
'''.lstrip()

FAULTS = [("    if digits:\n        raise ValueError(\"a number needs a unit\")\n", "")]

ENTRY = "parse_duration"

VISIBLE = [("1h30m",), ("90",), ("2x",), ("45s",)]

EDGES = [("",), ("0s",), ("5m3",), ("0",), ("m",), ("1h 5m",), ("0m0s",), ("1d2h3m4s",), ("7s07",), ("123",)]


def generate(rng):
    text = "".join(f"{rng.choice([0, rng.randrange(10), rng.randrange(200)])}{rng.choice('dhms')}" for _ in range(rng.randrange(5)))
    kind = rng.randrange(6)
    if kind == 0:
        text += str(rng.randrange(100))
    elif kind == 1 and text:
        at = rng.randrange(len(text) + 1)
        text = text[:at] + rng.choice("hms x-") + text[at:]
    elif kind == 2:
        text = str(rng.randrange(1000)) + rng.choice(["", "s", "h"])
    return (text,)


RIGHT = [
    [("    if digits:\n", "    if digits != \"\":\n")],
    [("    total = 0\n", "    if text and text[-1] not in UNITS:\n        raise ValueError(\"must end in a unit\")\n    total = 0\n")],
]

WRONG = [
    [("    if digits:\n", "    if total == 0:\n")],
    [("    if digits:\n", "    if text.isdigit():\n")],
    [("    if digits:\n", "    if len(digits) > 1:\n")],
]
