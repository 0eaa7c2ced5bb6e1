"""`ladder_steps(start, goal, words)` returns how many steps the shortest word ladder from `start` to `goal` has.

A step replaces one letter of a word by another, so that both words are equally long and differ at exactly one place.
Every word that is stepped on, the goal included, must be in the list `words` (the start need not be); the words in it
have various lengths. The result is None if there is no ladder, and 0 if `start` is `goal`.
"""

TOPIC = "graphs"

SOLUTION = '''
def one_letter_apart(one, other):
    return len(one) == len(other) and sum(a != b for a, b in zip(one, other)) == 1


def ladder_steps(start, goal, words):
    if start == goal:
        return 0
    unused = set(words)
    row = [start]
    steps = 0
    while row:
        steps += 1
        following = []
        for word in row:
            for candidate in sorted(unused):
                if one_letter_apart(word, candidate):
                    if candidate == goal:
                        return steps
                    unused.remove(candidate)
                    following.append(candidate)
        row = following
    return None
'''.lstrip()

FAULTS = [("len(one) == len(other) and sum", "len(one) == len(other) or sum")]

ENTRY = "ladder_steps"

VISIBLE = [
    ("cat", "cot", ["cot", "dog"]),
    ("cat", "cog", ["cot", "cog", "dog"]),
    ("cat", "house", ["house"]),
    ("sun", "sun", []),
]

EDGES = [
    ("cat", "cot", []),
    ("cat", "cot", ["cat"]),
    ("cat", "act", ["act"]),
    ("cat", "dog", ["dog", "cot", "cog", "dot"]),
    ("cat", "cart", ["cart", "care"]),
    ("cat", "cats", ["cats", "bats"]),
    ("cat", "ca", ["ca", "co"]),
    ("at", "bats", ["bats"]),
    ("at", "it", ["ats", "its", "it"]),
    ("tab", "bat", ["bat", "tat"]),
    ("aab", "abb", ["abb"]),
    ("aa", "bb", ["bb"]),
    ("", "a", ["a"]),
    ("a", "b", ["b", ""]),
]


def generate(rng):
    letters = rng.choice(["ab", "ab", "abc"])

    def word(lengths):
        return "".join(rng.choice(letters) for _ in range(rng.choice(lengths)))

    lengths = rng.choice([[2, 3], [3, 3, 4], [4], [1, 2, 3]])
    words = [word(lengths) for _ in range(rng.randrange(0, 11))]
    if words and rng.random() < 0.8:
        return word(lengths), rng.choice(words), words
    return word(lengths), word(lengths), words


RIGHT = [
    [
        (
            "    return len(one) == len(other) and sum(a != b for a, b in zip(one, other)) == 1\n",
            "    if len(one) != len(other):\n        return False\n"
            "    return [a == b for a, b in zip(one, other)].count(False) == 1\n",
        ),
    ],
    [
        (
            "    return len(one) == len(other) and sum(a != b for a, b in zip(one, other)) == 1\n",
            "    differences = sum(a != b for a, b in zip(one, other))\n"
            "    return all([differences == 1, len(one) == len(other)])\n",
        ),
    ],
]

WRONG = [
    [
        (
            "len(one) == len(other) and sum(a != b for a, b in zip(one, other)) == 1",
            "sum(a != b for a, b in zip(one, other)) == 1",
        ),
    ],
    [
        (
            "len(one) == len(other) and sum(a != b for a, b in zip(one, other)) == 1",
            "len(one) == len(other) and len(set(one) - set(other)) == 1",
        ),
    ],
    [
        (
            "len(one) == len(other) and sum(a != b for a, b in zip(one, other)) == 1",
            "abs(len(one) - len(other)) + sum(a != b for a, b in zip(one, other)) == 1",
        ),
    ],
]
