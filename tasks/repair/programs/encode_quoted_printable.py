"""`encode_quoted_printable(text, limit)` returns `text` in the quoted-printable encoding of its UTF-8 bytes.

The lines of the text are separated by "\\n" and are encoded one by one; the result keeps these line breaks. In a line,
the bytes 33 to 126 except "=" stand for themselves; so do space (32) and tab (9), except as the last byte of the line.
Every other byte becomes "=" and two upper-case hexadecimal digits.

No line of the result is longer than `limit` characters (at least 4). A line that would be longer is broken by a "=" at
the end of the piece, which counts as one of its characters, and a "\\n". Pieces are filled from the left as far as
possible: a break comes only when the next character or escape does not fit any more, and never inside of an escape. The
last piece of a line has no "=" at its end, so it may hold `limit` characters of its own.
"""

TOPIC = "strings"

SOLUTION = '''
def escape(byte):
    return f"={byte:02X}"


def encode_byte(byte, last):
    if byte in b" \\t":
        return escape(byte) if last else chr(byte)
    if 33 <= byte <= 126 and byte != ord("="):
        return chr(byte)
    return escape(byte)


def encode_line(line, limit):
    data = line.encode("utf-8")
    pieces, piece = [], ""
    for index, byte in enumerate(data):
        last = index == len(data) - 1
        unit = encode_byte(byte, last)
        room = limit if last else limit - 1
        if len(piece) + len(unit) > room:
            pieces.append(piece + "=")
            piece = ""
        piece += unit
    pieces.append(piece)
    return pieces


def encode_quoted_printable(text, limit):
    rows = []
    for line in text.split("\\n"):
        rows.extend(encode_line(line, limit))
    return "\\n".join(rows)
'''.lstrip()

FAULTS = [("{byte:02X}", "{byte:X}"), ("room = limit if last else limit - 1", "room = limit")]

ENTRY = "encode_quoted_printable"

VISIBLE = [("1+1=2 \nok", 76), ("abcdefghijk", 7), ("left\t", 20), ("caf\u00e9", 12)]

EDGES = [
    ("", 10),
    ("\n", 10),
    ("abcdefg", 7),
    ("abcdef", 7),
    ("abcdefgh", 7),
    ("abcdefghijklm", 7),
    ("abc=", 6),
    ("abc=", 5),
    ("abcd=x", 7),
    ("a\rb", 20),
    ("line\r\nnext\r\n", 20),
    ("\x00\x01", 8),
    ("~!", 8),
    ("\x7f", 8),
    (" ", 8),
    ("\t\t", 8),
    ("a b  \n c\t", 8),
    ("abcdef ", 7),
    ("====", 4),
    ("\u20ac\u20ac", 10),
]


def generate(rng):
    letters = rng.choice(["abcxyz", "ab =", "a\u00e9\u20ac", "ab \t", "a\r\x07="])
    size = rng.choice([3, 6, 9, 14, 30])
    text = "".join(rng.choice(letters) for _ in range(size))
    if rng.random() < 0.3:
        at = rng.randrange(size)
        text = text[:at] + "\n" + text[at:]
    return (text, rng.choice([4, 5, 6, 7, 9, 10, 12, 20, 76]))


RIGHT = [
    [("room = limit if last else limit - 1", "room = limit - (not last)")],
    [('f"={byte:02X}"', '"=%02X" % byte')],
    [('f"={byte:02X}"', '"=" + hex(byte)[2:].upper().rjust(2, "0")')],
]

WRONG = [
    [("room = limit if last else limit - 1", "room = limit - 1")],
    [('return f"={byte:02X}"', 'return "=09" if byte == 9 else f"={byte:X}"')],
]
