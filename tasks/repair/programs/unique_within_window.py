"""`unique_within_window(words, window, fold_case)` yields the words that do not repeat a recent one, in their order.

A word is left out if an equal word is among the `window` words directly before it in the input, no matter whether that
one was itself left out. With `fold_case`, words that differ in upper and lower case only are equal; words are yielded
as they are spelled in the input. `window` is 0 or more; with 0, all words are yielded.
"""

TOPIC = "iterators"

SOLUTION = '''
def unique_within_window(words, window, fold_case):
    last_seen = {}
    for position, word in enumerate(words):
        key = word.lower() if fold_case else word
        previous = last_seen.get(key)
        last_seen[key] = position
        if previous is None or position - previous > window:
            yield word
'''.lstrip()

FAULTS = [("last_seen[key] = position", "last_seen[word] = position")]

ENTRY = "unique_within_window"

VISIBLE = [
    (["a", "b", "a", "c"], 2, False),
    (["ok", "x", "y", "ok"], 2, False),
    (["Go", "GO", "run"], 1, True),
    (["b", "B"], 5, False),
]

EDGES = [
    ([], 2, True),
    (["a", "a", "a", "a"], 1, False),
    (["A", "a", "A", "a"], 1, True),
    (["A", "a"], 0, True),
    (["B", "b", "B"], 2, False),
    (["Go", "x", "y", "go"], 2, True),
    (["Go", "x", "go"], 2, True),
    (["ab", "ac", "AB"], 3, True),
    (["a", "A", "a"], 1, False),
    (["a", "b", "b", "a"], 2, False),
]


def generate(rng):
    words = rng.choice([["a", "A", "b", "B"], ["go", "Go", "GO", "x"], ["ab", "AB", "ac", "aC", "b"]])
    return ([rng.choice(words) for _ in range(rng.randrange(1, 12))], rng.randrange(5), rng.random() < 0.6)


RIGHT = [
    [("        previous = last_seen.get(key)\n        last_seen[key] = position\n", "        previous, last_seen[key] = last_seen.get(key), position\n")],
    [
        ("        last_seen[key] = position\n", ""),
        ("            yield word\n", "            yield word\n        last_seen[key] = position\n"),
    ],
]

WRONG = [
    [("last_seen[key] = position", "last_seen[word] = last_seen[word.lower()] = position"), ("last_seen.get(key)", "last_seen.get(key, last_seen.get(word))")],
    [
        ("        last_seen[key] = position\n", ""),
        ("            yield word\n", "            last_seen[key] = position\n            yield word\n"),
    ],
    [("key = word.lower() if fold_case else word", "key = word[0].lower() if fold_case else word")],
]
