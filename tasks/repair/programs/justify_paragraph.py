"""`justify(words, width)` sets a list of words (not empty strings, without spaces) as lines of justified text.

Words are put on a line as long as they fit: the words with one space between them may take up to `width` characters,
`width` included. A word longer than `width` gets a line of its own. Each line but the last is then widened to exactly
`width` by spreading spaces over its gaps as evenly as possible; gaps that get one space more than the others are the
leftmost ones. A line of one word is not widened, and the last line keeps single spaces. The result is the list of
lines; no words give no lines.
"""

TOPIC = "strings"

SOLUTION = '''
def fill_lines(words, width):
    lines = []
    line = []
    length = 0
    for word in words:
        if line and length + 1 + len(word) > width:
            lines.append(line)
            line = []
            length = 0
        length += len(word) + (1 if line else 0)
        line.append(word)
    if line:
        lines.append(line)
    return lines


def widen(line, width):
    gaps = len(line) - 1
    if gaps == 0:
        return line[0]
    spaces = width - sum(len(word) for word in line)
    each, extra = divmod(spaces, gaps)
    text = line[0]
    for i, word in enumerate(line[1:]):
        text += " " * (each + 1 if i < extra else each) + word
    return text


def justify(words, width):
    lines = fill_lines(words, width)
    result = [widen(line, width) for line in lines[:-1]]
    if lines:
        result.append(" ".join(lines[-1]))
    return result
'''.lstrip()

FAULTS = [
    ("length + 1 + len(word) > width", "length + 1 + len(word) >= width"),
    ("if i < extra else", "if i > extra else"),
]

ENTRY = "justify"

VISIBLE = [
    (["to", "be", "or", "not"], 5),
    (["a", "bb", "c", "ddddddd"], 7),
    (["hello"], 3),
    (["aaaa", "bb"], 6),
    ([], 5),
]

EDGES = [
    (["a", "b", "c", "d", "eeeeeeeeee"], 10),
    (["a", "b", "c", "d", "eeeeeeeeee"], 9),
    (["a", "b", "c", "eeeeeeeeee"], 10),
    (["aaa", "b", "cc"], 3),
    (["longword", "a"], 4),
    (["a", "longword", "b"], 4),
    (["a", "b"], 3),
    (["a", "b"], 2),
    (["aa", "b", "c", "d", "e", "ffffffff"], 12),
]


def generate(rng):
    words = []
    for _ in range(rng.randrange(1, 12)):
        words.append(rng.choice("abcdefgh") * rng.choice([1, 1, 2, 3, 4, rng.randrange(1, 9)]))
    return (words, rng.randrange(3, 16))


RIGHT = [
    [("length + 1 + len(word) > width", "length + len(word) >= width"), ("i < extra", "i + 1 <= extra")],
    [
        ('        text += " " * (each + 1 if i < extra else each) + word\n',
         '        text += " " * each + word\n'),
        ("    for i, word in enumerate(line[1:]):\n",
         "    for i, word in enumerate(line[1:]):\n        if i < extra:\n            text += \" \"\n"),
    ],
]

WRONG = [
    [("i < extra", "i == 0 and extra")],
    [("i < extra", "i < gaps - 1")],
    [("length + 1 + len(word) > width", "length + 1 + len(word) > width - (len(line) > 1)")],
]
