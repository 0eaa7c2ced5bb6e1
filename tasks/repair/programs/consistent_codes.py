"""`consistent_codes(colours, length, history)` lists the secret codes of a game of code breaking that are still possible.

A code is a text of `length` letters, each one of the letters of the text `colours` (letters may occur several times in
`colours` without meaning, and several times in a code). `history` is a list of tuples (guess, exact, misplaced). A
guess is a text of the same length and of any letters. Its number of exact hits is the number of places where secret
and guess have the same letter. Its number of misplaced hits is the greatest number of other letters of the guess that
can be paired, one to one, with equal letters of the secret that are not exact hits either. A code is possible if it
gives both numbers of every guess in the history. The result is the list of possible codes in alphabetical order.
"""

TOPIC = "dicts"

SOLUTION = '''
from collections import Counter
from itertools import product


def hits(secret, guess):
    exact = sum(1 for mine, other in zip(secret, guess) if mine == other)
    common = Counter(secret) & Counter(guess)
    return exact, sum(common.values()) - exact


def consistent_codes(colours, length, history):
    codes = []
    for letters in product(sorted(set(colours)), repeat=length):
        code = "".join(letters)
        if all(hits(code, guess) == (exact, misplaced) for guess, exact, misplaced in history):
            codes.append(code)
    return codes
'''.lstrip()

FAULTS = [("sum(common.values()) - exact", "len(common) - exact")]

ENTRY = "consistent_codes"

VISIBLE = [
    ("ab", 2, []),
    ("rgb", 3, [("rgb", 1, 2)]),
    ("abc", 2, [("aa", 2, 0)]),
    ("rg", 2, [("gr", 0, 0)]),
]

EDGES = [
    ("abc", 3, [("aab", 1, 1)]),
    ("abc", 3, [("aab", 0, 2)]),
    ("abcd", 3, [("aab", 1, 2), ("cca", 0, 1)]),
    ("ab", 3, [("aaa", 2, 0)]),
    ("ab", 4, [("aabb", 0, 4)]),
    ("ab", 4, [("abab", 2, 2)]),
    ("aabb", 1, [("c", 0, 0)]),
    ("abc", 3, [("abb", 1, 0)]),
    ("abc", 3, [("abc", 2, 1)]),
    ("", 2, []),
    ("ab", 0, []),
    ("abc", 4, [("aabc", 1, 3)]),
    ("abc", 3, [("aab", 0, 1), ("bca", 0, 2)]),
]


def generate(rng):
    colours = "abcd"[: rng.randrange(2, 5)]
    length = rng.randrange(2, 5)
    secret = [rng.choice(colours) for _ in range(length)]
    history = []
    for _ in range(rng.randrange(1, 4)):
        guess = [rng.choice(colours + rng.choice(["", "", "x"])) for _ in range(length)]
        exact = sum(guess[place] == secret[place] for place in range(length))
        both = sum(min(guess.count(letter), secret.count(letter)) for letter in set(guess))
        if rng.random() < 0.1:
            both = min(length, both + 1)
        history.append(("".join(guess), exact, both - exact))
    return ("".join(rng.sample(colours, len(colours))), length, history)


RIGHT = [
    [("sum(common.values()) - exact", "len(list(common.elements())) - exact")],
    [
        ("    common = Counter(secret) & Counter(guess)\n", ""),
        ("sum(common.values()) - exact", "sum(min(secret.count(letter), guess.count(letter)) for letter in set(guess)) - exact"),
    ],
]

WRONG = [
    [("sum(common.values()) - exact", "sum(1 for letter in guess if letter in secret) - exact")],
    [("sum(common.values()) - exact", "max(0, len(common) - exact)")],
]
