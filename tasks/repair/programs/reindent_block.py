"""`reindent(text, prefix)` removes the indentation that all lines of a text share and puts `prefix` there instead.

Lines are separated by newline characters; indentation consists of spaces only. A line that is empty or has nothing but
spaces is blank: blank lines do not count when the shared indentation is determined, and each of them becomes an empty
line (without prefix). Every other line loses the shared indentation (that of the least indented line), keeps whatever
else it has, trailing spaces too, and gets the prefix in front. The number of lines does not change.
"""

TOPIC = "strings"

SOLUTION = '''
def indentation(line):
    return len(line) - len(line.lstrip(" "))


def reindent(text, prefix):
    lines = text.split("\\n")
    margin = min((indentation(line) for line in lines if line.strip(" ")), default=0)
    result = []
    for line in lines:
        if line.strip(" "):
            result.append(prefix + line[margin:])
        else:
            result.append("")
    return "\\n".join(result)
'''.lstrip()

FAULTS = [('for line in lines if line.strip(" "))', "for line in lines if line)")]

ENTRY = "reindent"

VISIBLE = [
    ("    a\n      b\n", "> "),
    ("  x\n \n    y", ""),
    ("a\n\n  b", "\t"),
    ("   ", "--"),
]

EDGES = [
    ("", ">"),
    ("\n\n", ">"),
    ("    a\n  \n    b", "  "),
    ("   a\n     \n   b  ", "#"),
    ("      a\n    \n      b\n   \n", "*"),
    (" \n   q", "-"),
    ("    if x:\n        y\n\n    z", ""),
    ("  a \n   ", "> "),
]


def generate(rng):
    base = rng.randrange(0, 6)
    lines = []
    for _ in range(rng.randrange(1, 6)):
        if rng.random() < 0.35:
            lines.append(" " * rng.choice([0, 1, 2, 3, base, base + 2]))
        else:
            lines.append(" " * (base + rng.choice([0, 0, 1, 2, 4])) + rng.choice(["a", "b = 1", "c  d", "e "]))
    return ("\n".join(lines), rng.choice(["", " ", "> ", "    ", "#"]))


RIGHT = [
    [('for line in lines if line.strip(" "))', "for line in lines if not line.isspace() and line)")],
    [('for line in lines if line.strip(" "))', "for line in lines if indentation(line) < len(line))")],
]

WRONG = [
    [('for line in lines if line.strip(" "))', 'for line in lines if line and line != " ")')],
    [
        ('for line in lines if line.strip(" "))', "for line in lines if line)"),
        ('    lines = text.split("\\n")\n', '    lines = [line.rstrip() for line in text.split("\\n")]\n'),
    ],
    [
        ("    result = []\n", "    result = []\n    margin = indentation(lines[0])\n"),
        ("line[margin:])", "line[min(margin, indentation(line)) :])"),
    ],
]
