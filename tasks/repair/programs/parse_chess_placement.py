"""`parse_placement(text)` reads where the pieces stand on a chess board, in the notation of FEN.

The text has eight ranks, separated by single slashes. A rank is a sequence of pieces (one of the letters pnbrqk or
PNBRQK each) and digits from 1 to 8, which stand for so many empty squares; two digits never stand side by side. Every
rank has exactly eight squares. The result is the list of the eight ranks as texts of eight characters, a dot for each
empty square. ValueError is raised for every other text.
"""

TOPIC = "parsing"

SOLUTION = '''
PIECES = "pnbrqkPNBRQK"


def parse_rank(text):
    squares = ""
    after_digit = False
    for char in text:
        if char in "12345678":
            if after_digit:
                raise ValueError("two digits side by side")
            squares += "." * int(char)
            after_digit = True
        elif char in PIECES:
            squares += char
            after_digit = False
        else:
            raise ValueError(f"unexpected {char!r}")
    return squares


def parse_placement(text):
    ranks = []
    for part in text.split("/"):
        rank = parse_rank(part)
        if len(rank) != 8:
            raise ValueError("a rank has eight squares")
        ranks.append(rank)
    if len(ranks) != 8:
        raise ValueError("a board has eight ranks")
    return ranks
'''.lstrip()

CHECK = '        if len(rank) != 8:\n            raise ValueError("a rank has eight squares")\n'
ADD = "        ranks.append(rank)\n"

FAULTS = [(CHECK + ADD, ADD + '    if len(rank) != 8:\n        raise ValueError("a rank has eight squares")\n')]

ENTRY = "parse_placement"

VISIBLE = [
    ("rnbqkbnr/pppppppp/8/8/4P3/8/PPPP1PPP/RNBQKBNR",),
    ("8/8/8/4p4/8/8/8/8",),
    ("8/8/8/8/8/8/8/7",),
    ("8/8/8/8/4x3/8/8/8",),
]

EDGES = [
    ("8/8/8/8/8/8/8/8",),
    ("8/8/8/8/8/8/8",),
    ("8/8/8/8/8/8/8/8/8",),
    ("8/8/7/8/8/8/8/8",),
    ("7/8/8/8/8/8/8/8",),
    ("7/8/8/8p/8/8/8/8",),
    ("8p/8/8/8/8/8/8/7",),
    ("8/8/8/44/8/8/8/8",),
    ("8/8//8/8/8/8/8",),
    ("/8/8/8/8/8/8/8",),
    ("8/8/8/8/8/8/8/",),
    ("",),
    ("8/8/8/9/8/8/8/8",),
    ("8/8/8/p0p6/8/8/8/8",),
    ("1p1p1p1p/8/8/8/8/8/8/1P1P1P1P",),
    ("8/8/8/pp/8/8/8/8",),
    ("8/8/4P/8/8/8/8/8",),
    ("p7/7p/8/8/8/8/8/pppppppp ",),
    ("4k3/8/8/8/8/8/8/4K4",),
]


def generate(rng):
    def rank(width):
        text, left, digit = "", width, False
        while left:
            if not digit and rng.random() < 0.5:
                size = rng.randrange(1, min(left, 8) + 1)
                text, left, digit = text + str(size), left - size, True
            else:
                text, left, digit = text + rng.choice("pnbrqkPNBRQK"), left - 1, False
        return text

    widths = [8] * rng.choice([8] * 11 + [7])
    if rng.random() < 0.35:
        for _ in range(rng.choice([1, 1, 2])):
            widths[rng.randrange(len(widths) - 1)] += rng.choice([-2, -1, -1, 1])
    if rng.random() < 0.1:
        widths[0], widths[-2] = 7, 9
    text = "/".join(map(rank, widths))
    if rng.random() < 0.1:
        at = rng.randrange(len(text))
        text = text[:at] + rng.choice("9x/1") + text[at + 1:]
    return (text,)


RIGHT = [
    [(CHECK + ADD, ADD), ("    if len(ranks) != 8:\n", "    if len(ranks) != 8 or any(len(rank) != 8 for rank in ranks):\n")],
    [(CHECK, ""), ("    return squares\n", '    if len(squares) != 8:\n        raise ValueError("a rank has eight squares")\n    return squares\n')],
]

WRONG = [
    [(CHECK, ""), ("    if len(ranks) != 8:\n", '    if len(ranks) != 8 or len("".join(ranks)) != 64:\n')],
    [(CHECK + ADD, CHECK.replace("!= 8", "> 8") + ADD + '    if len(rank) != 8:\n        raise ValueError("a rank has eight squares")\n')],
    [(CHECK + ADD, ADD), ("    if len(ranks) != 8:\n", "    if len(ranks) != 8 or max(map(len, ranks)) != 8 or len(rank) != 8:\n")],
]
