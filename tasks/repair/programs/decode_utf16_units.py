"""`decode_utf16_units(units)` is a generator of the characters that a sequence of UTF-16 code units stands for.

`units` is a list of whole numbers from 0 to 0xFFFF. A high surrogate (0xD800 to 0xDBFF) directly followed by a low
surrogate (0xDC00 to 0xDFFF) stands for one character beyond U+FFFF: its code point is 0x10000 plus a number of 20 bits,
whose upper ten bits are the lower ten bits of the high surrogate and whose lower ten bits are those of the low surrogate.
A surrogate that is not part of such a pair stands for the replacement character U+FFFD, and the units beside it keep
their meaning. Each other unit stands for the character with that code point.
"""

TOPIC = "iterators"

SOLUTION = '''
REPLACEMENT = "\\ufffd"


def is_high(unit):
    return 0xD800 <= unit <= 0xDBFF


def is_low(unit):
    return 0xDC00 <= unit <= 0xDFFF


def join_pair(high, low):
    return chr(0x10000 + ((high & 0x3FF) << 10) + (low & 0x3FF))


def decode_utf16_units(units):
    high = None
    for unit in units:
        if high is not None:
            if is_low(unit):
                yield join_pair(high, unit)
                high = None
                continue
            yield REPLACEMENT
            high = None
        if is_high(unit):
            high = unit
        elif is_low(unit):
            yield REPLACEMENT
        else:
            yield chr(unit)
    if high is not None:
        yield REPLACEMENT
'''.lstrip()

FAULTS = [
    ("0x10000 + ((high & 0x3FF) << 10) + (low & 0x3FF)", "0x10000 + (high & 0x3FF) << 10 | low & 0x3FF"),
    ("            yield REPLACEMENT\n            high = None\n", "            yield REPLACEMENT\n"),
]

ENTRY = "decode_utf16_units"

VISIBLE = [
    ([0x48, 0x69, 0xDC00, 0x21],),
    ([0x61, 0xD83D, 0xDE00],),
    ([0xD83D, 0x61, 0x62],),
    ([0x41, 0xD800],),
]

EDGES = [
    ([],),
    ([0xD800, 0xDC00],),
    ([0xDBFF, 0xDFFF],),
    ([0xD840, 0xDC0B],),
    ([0xD880, 0xDF50, 0xD87E, 0xDC00],),
    ([0xDC00, 0xD800],),
    ([0xD800, 0xD800, 0xDC00],),
    ([0xD800, 0xD800],),
    ([0xD83D, 0x61, 0xDE00],),
    ([0xD83D, 0xDE00, 0xDE00],),
    ([0xD7FF, 0xE000, 0xFFFF, 0],),
    ([0xDBFF, 0xE000, 0x41],),
    ([0xDFFF, 0x41],),
    ([0xD83D, 0xFFFD, 0x20AC, 0xD83D, 0xDE00],),
]


def generate(rng):
    units = []
    for _ in range(rng.randrange(1, 9)):
        kind = rng.randrange(8)
        high, low = rng.choice([0xD800, 0xD83D, 0xD840, 0xDBFF, rng.randrange(0xD800, 0xDC00)]), rng.randrange(0xDC00, 0xE000)
        if kind < 3:
            units.append(rng.choice([0x41, 0x7A, 0xE9, 0x20AC, 0xFFFD]))
        elif kind < 5:
            units += [high, low]
        elif kind < 7:
            units.append(high)
        else:
            units.append(low)
    return (units,)


RIGHT = [
    [("0x10000 + ((high & 0x3FF) << 10) + (low & 0x3FF)", "0x10000 + ((high - 0xD800) * 0x400 | low - 0xDC00)")],
    [
        ("            yield REPLACEMENT\n            high = None\n", "            yield REPLACEMENT\n"),
        ("        else:\n            yield chr(unit)\n", "        else:\n            high = None\n            yield chr(unit)\n"),
    ],
    [("0x10000 + ((high & 0x3FF) << 10) + (low & 0x3FF)", "(0x40 + (high & 0x3FF) << 10) + (low & 0x3FF)")],
]

WRONG = [
    [("0x10000 + ((high & 0x3FF) << 10) + (low & 0x3FF)", "0x10000 | (high & 0x3FF) << 10 | low & 0x3FF")],
    [("            yield REPLACEMENT\n            high = None\n        if is_high(unit):\n", "            yield REPLACEMENT\n            high = None\n            yield chr(unit)\n        elif is_high(unit):\n")],
]
