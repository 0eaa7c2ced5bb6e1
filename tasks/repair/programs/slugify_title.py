"""`slugify(title, limit)` turns a title into a slug of at most `limit` (>= 1) characters for use in a web address.

Words are the longest runs of ASCII letters and digits, in lower case; apostrophes (') are dropped before words are
looked for, so "don't" is the word "dont"; every other character only separates words. The slug is made of words from
the beginning of the title, joined by single hyphens: as many as fit into the limit, and none after the first one that
does not fit. If already the first word is longer than the limit, the slug is its first `limit` characters. A title
without words gives the empty slug.
"""

TOPIC = "strings"

SOLUTION = '''
def words_of(title):
    words = []
    current = ""
    for character in title.lower().replace("'", ""):
        if character.isascii() and character.isalnum():
            current += character
        elif current:
            words.append(current)
            current = ""
    if current:
        words.append(current)
    return words


def slugify(title, limit):
    words = words_of(title)
    if not words:
        return ""
    slug = words[0][:limit]
    for word in words[1:]:
        if len(slug) + 1 + len(word) > limit:
            break
        slug += "-" + word
    return slug
'''.lstrip()

FAULTS = [("            break\n", "            continue\n")]

ENTRY = "slugify"

VISIBLE = [
    ("Hello, World!", 20),
    ("Don't panic: a guide", 10),
    ("Extraordinary", 5),
    ("See a longer story in", 10),
    ("?!", 8),
]

EDGES = [
    ("a b c", 5),
    ("a b c", 4),
    ("a bcd e f", 3),
    ("one three two", 7),
    ("Caf\u00e9 au lait", 12),
    ("  --x--  ", 3),
    ("", 4),
    ("'''", 4),
    ("rock 'n' roll", 6),
    ("toolong a", 6),
    ("ab cdefgh ij k", 5),
    ("ab cdefgh ijk", 6),
    ("Part 2: the 10 best", 11),
]


def generate(rng):
    pool = ["a", "of", "the", "Big", "Don't", "caf\u00e9", "2024", "Release", "notes", "extraordinary", "X1", "in", "-"]
    pool.append("I'm")
    title = rng.choice(["", " ", "#"]) + rng.choice([" ", ", ", "--", " "]).join(
        rng.choice(pool) for _ in range(rng.randrange(1, 8))
    )
    return (title, rng.choice([rng.randrange(1, 12), rng.randrange(5, 30)]))


RIGHT = [
    [("            break\n", "            return slug\n")],
    [("            break\n", "            limit = 0\n            continue\n")],
]

WRONG = [
    [("            break\n", "            continue\n"), ("> limit:\n", '> limit or word == "in":\n')],
    [
        ("            break\n", "            continue\n"),
        ("    return slug\n", '    return slug.rpartition("-")[0] if len(words) > 4 else slug\n'),
    ],
    [("            break\n", "            limit = len(word)\n            continue\n")],
]
