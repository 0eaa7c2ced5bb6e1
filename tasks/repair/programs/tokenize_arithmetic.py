"""`tokenize_arithmetic(text)` returns the list of tokens (strings) of an arithmetic expression.

Tokens are: numbers (a digit followed by any digits and dots), names (ASCII letters), `**`, `+`, `-`, `*`, `/`, `(`
and `)`. Two stars next to each other are always read as `**`, from the left: `***` is `**` and `*`. Spaces separate
tokens and are dropped. A minus sign is the token `"neg"` where no operand precedes it, that is, as the first token and
after `neg`, `**`, `+`, `-`, `*`, `/` and `(`; elsewhere it is the token `"-"`. Other characters raise ValueError.
Nothing else is checked: the expression need not make sense.
"""

TOPIC = "parsing"

SOLUTION = '''
BEFORE_NEGATION = ("neg", "**", "+", "-", "*", "/", "(")


def run_end(text, i, allowed):
    while i < len(text) and text[i] in allowed:
        i += 1
    return i


def tokenize_arithmetic(text):
    digits = "0123456789"
    letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
    tokens = []
    i = 0
    while i < len(text):
        char = text[i]
        if char == " ":
            i += 1
            continue
        if char in digits:
            end = run_end(text, i, digits + ".")
        elif char in letters:
            end = run_end(text, i, letters)
        elif text.startswith("**", i):
            end = i + 2
        elif char in "+-*/()":
            end = i + 1
        else:
            raise ValueError("unexpected " + char)
        token = text[i:end]
        if token == "-" and (not tokens or tokens[-1] in BEFORE_NEGATION):
            token = "neg"
        tokens.append(token)
        i = end
    return tokens
'''.lstrip()

FAULTS = [("            end = i + 2\n", "            end = i + 1\n"), ("(not tokens or tokens[-1]", "(tokens and tokens[-1]")]

ENTRY = "tokenize_arithmetic"

VISIBLE = [("a * (bc - 1)",), ("2**3",), ("-4+x",), ("1 & 2",)]

EDGES = [
    ("",),
    ("  -4",),
    ("--x",),
    ("2***3",),
    ("****",),
    ("a * * b",),
    ("(-1)-1",),
    ("2**-3",),
    ("1.5.2/ab",),
    (".5",),
    ("3-neg-2",),
    ("x - - -1",),
    (")-1",),
    ("1\t+ 2",),
    ("a-b*-c+-d/-e",),
]


def generate(rng):
    pieces = ["-", "-", "-", "**", "*", "+", "/", "(", ")", " ", "x", "ab", "neg", "7", "3.25", "10"]
    text = "".join(rng.choice(pieces) for _ in range(rng.randrange(1, 12)))
    if rng.random() < 0.08:
        text += rng.choice("=.^_\t")
    return (text,)


RIGHT = [
    [("(not tokens or tokens[-1] in BEFORE_NEGATION)", "(len(tokens) == 0 or tokens[-1] in BEFORE_NEGATION)")],
    [
        ("            end = i + 2\n", "            end = i + len(\"**\")\n"),
        ("(not tokens or tokens[-1] in BEFORE_NEGATION)", "(tokens[-1] if tokens else \"(\") in BEFORE_NEGATION"),
    ],
]

WRONG = [
    [("(not tokens or tokens[-1]", "(i == 0 or tokens[-1]")],
    [("            end = i + 2\n", "            end = run_end(text, i, \"*\")\n")],
    [("(not tokens or tokens[-1] in BEFORE_NEGATION)", "not tokens")],
]
