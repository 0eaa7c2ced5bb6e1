"""`find_all(text, pattern)` returns the positions (from 0, ascending, as a list) at which `pattern` occurs in `text`.

Every occurrence counts, also one that overlaps another. Upper and lower case are different. An empty pattern occurs
nowhere. The search never steps back in the text: `prefix_table(pattern)` gives, for each position of the pattern, the
length of the longest proper prefix of the pattern that ends there.
"""

TOPIC = "strings"

SOLUTION = '''
def prefix_table(pattern):
    table = [0] * len(pattern)
    length = 0
    for i in range(1, len(pattern)):
        while length > 0 and pattern[i] != pattern[length]:
            length = table[length - 1]
        if pattern[i] == pattern[length]:
            length += 1
        table[i] = length
    return table


def find_all(text, pattern):
    if not pattern:
        return []
    table = prefix_table(pattern)
    found = []
    matched = 0
    for i, character in enumerate(text):
        while matched > 0 and pattern[matched] != character:
            matched = table[matched - 1]
        if pattern[matched] == character:
            matched += 1
        if matched == len(pattern):
            found.append(i - len(pattern) + 1)
            matched = table[-1]
    return found
'''.lstrip()

FAULTS = [("            matched = table[-1]\n", "            matched = 0\n")]

ENTRY = "find_all"

VISIBLE = [("banana band", "ban"), ("aaaa", "aa"), ("abcabc", ""), ("ababa", "aba")]

EDGES = [
    ("", "a"),
    ("a", "a"),
    ("aaaaa", "a"),
    ("aaaaaa", "aaa"),
    ("abababab", "abab"),
    ("ababababab", "ababab"),
    ("aabaabaaab", "aabaa"),
    ("abcabcabc", "abcab"),
    ("aaabaaab", "aaab"),
    ("abacabacaba", "abacaba"),
    ("AaAa", "aA"),
    ("abab", "ababab"),
    ("aabaaabaaac", "aabaaac"),
    ("abcdabcabcd", "abcd"),
]


def generate(rng):
    letters = rng.choice(["a", "ab", "ab", "ab", "abc"])
    pattern = "".join(rng.choice(letters) for _ in range(rng.randrange(1, 7)))
    text = "".join(rng.choice([pattern, pattern, rng.choice(letters), pattern[1:]]) for _ in range(rng.randrange(1, 7)))
    return (text, pattern)


RIGHT = [
    [("matched = table[-1]", "matched = table[matched - 1]")],
    [("matched = table[-1]", "matched = table[len(pattern) - 1]")],
    [
        ("    table = prefix_table(pattern)\n", "    starts = range(len(text) - len(pattern) + 1)\n"
         "    return [i for i in starts if text.startswith(pattern, i)]\n    table = prefix_table(pattern)\n"),
    ],
]

WRONG = [
    [("matched = table[-1]", "matched = 1 if pattern[0] == pattern[-1] else 0")],
    [("matched = table[-1]", "matched = int(character == pattern[0])")],
    [("matched = table[-1]", "matched = len(pattern) // 2 if pattern[0] == pattern[-1] else 0")],
]
