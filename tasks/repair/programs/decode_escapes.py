r'''`decode_escapes(text)` returns the text with its backslash escapes replaced by the characters that they stand for.

`\n` is a newline, `\t` a tab, `\\` a backslash and `\"` a double quote. `\x` is followed by exactly two hexadecimal
digits and `\o` by exactly three octal digits; both stand for the character with that code, so `\x41` and `\o101` are `A`.
Hexadecimal letters may be upper or lower case. All other characters stand for themselves. ValueError is raised for
an unknown escape, for a digit that is not allowed and for an escape that is cut off by the end of the text.
'''

TOPIC = "state-machines"

SOLUTION = r"""
SIMPLE = {"n": "\n", "t": "\t", "\\": "\\", '"': '"'}
NUMERIC = {"x": (2, 16), "o": (3, 8)}


def decode_escapes(text):
    out = []
    state = "plain"
    digits = ""
    width = base = 0
    for char in text:
        if state == "plain":
            if char == "\\":
                state = "escape"
            else:
                out.append(char)
        elif state == "escape":
            if char in SIMPLE:
                out.append(SIMPLE[char])
                state = "plain"
            elif char in NUMERIC:
                width, base = NUMERIC[char]
                digits = ""
                state = "digits"
            else:
                raise ValueError("unknown escape " + char)
        else:
            if char.lower() not in "0123456789abcdef"[:base]:
                raise ValueError("not a digit: " + char)
            digits += char
            if len(digits) == width:
                out.append(chr(int(digits, base)))
                state = "plain"
    if state != "plain":
        raise ValueError("text ends in an escape")
    return "".join(out)
""".lstrip()

FAULTS = [("int(digits, base)", "int(digits)")]

ENTRY = "decode_escapes"

VISIBLE = [(r"a\tb\\n",), (r"\x41\x4e!",), (r"\q",), (r"[\x09]",)]

EDGES = [
    ("",),
    (r"\o101",),
    (r"\o101\x41",),
    (r"\o377",),
    (r"\o777",),
    (r"\xFf",),
    (r"\xe9",),
    (r"\x00",),
    (r"\o007",),
    (r"\o018",),
    (r"\x4",),
    (r"\x4g",),
    (r"\o12",),
    ("abc\\",),
    (r"\x41\"2",),
    (r"\x 1",),
    (r"\o+11",),
    (r"\X41",),
    (r"\qn",),
    (r"\ nx",),
    (r"\x4142",),
    (r"\x7F",),
    (r"\x80",),
]


def generate(rng):
    parts = []
    for _ in range(rng.randrange(1, 7)):
        kind = rng.randrange(6)
        if kind == 0:
            parts.append(rng.choice(["\\n", "\\t", "\\\\", '\\"']))
        elif kind == 1:
            parts.append(f"\\x{rng.randrange(256):02{rng.choice('xX')}}")
        elif kind == 2:
            parts.append(f"\\o{rng.randrange(512):03o}")
        else:
            parts.append("".join(rng.choice("abnx 019") for _ in range(rng.randrange(4))))
    text = "".join(parts)
    if rng.random() < 0.12:
        text = text[: rng.randrange(len(text) + 1)]
    return (text,)


RIGHT = [
    [("chr(int(digits, base))", "chr(int(digits, base=base))")],
    [
        ("            digits += char\n", "            digits += char\n            code = int(digits, base)\n"),
        ("chr(int(digits, base))", "chr(code)"),
    ],
]

WRONG = [
    [("int(digits, base)", "int(digits, 16)")],
    [("chr(int(digits, base))", "bytes.fromhex(digits).decode(\"latin-1\")")],
    [("int(digits, base)", "int(digits, base) % 128")],
]
