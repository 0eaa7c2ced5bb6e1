"""`search(documents, query)` returns the names of the documents that hold every word of a query, sorted.

`documents` maps a name to a text, `query` is a text. Words are runs of letters a-z after lower-casing; everything
else separates words. A document matches when each word of the query is one of its words, in any order and any number
of times. A query without words matches every document.
"""

TOPIC = "dicts"

SOLUTION = '''
import re


def words_of(text):
    return re.findall("[a-z]+", text.lower())


def build_index(documents):
    index = {}
    for name, text in documents.items():
        for word in words_of(text):
            index.setdefault(word, set()).add(name)
    return index


def search(documents, query):
    index = build_index(documents)
    matches = set(documents)
    for word in words_of(query):
        matches &= index.get(word, set())
    return sorted(matches)
'''.lstrip()

FAULTS = [
    (
        "        matches &= index.get(word, set())\n    return sorted(matches)\n",
        "        matches &= index.get(word, set())\n        return sorted(matches)\n",
    )
]

ENTRY = "search"

VISIBLE = [
    ({"a": "Red apple", "b": "green apple", "c": "red car"}, "apple"),
    ({"a": "Red apple pie", "b": "green apple", "c": "a pie"}, "apple pie"),
    ({"a": "one two", "b": "two three"}, "four"),
]

EDGES = [
    ({"a": "red car pie", "b": "red car", "c": "pie"}, "red car pie"),
    ({"a": "red car pie", "b": "red car two"}, "car, red, two, pie"),
    ({}, ""),
    ({}, "red"),
    ({"b": "red", "a": ""}, ""),
    ({"b": "red", "a": "car"}, " - 12"),
    ({"a": "red car", "b": "car pie", "c": "red pie"}, "red car"),
    ({"a": "red car", "b": "car pie", "c": "red pie"}, "pie red"),
    ({"a": "red car pie", "b": "car pie", "c": "red pie"}, "red car pie"),
    ({"a": "red car", "b": "car"}, "car car"),
    ({"a": "red car", "b": "car"}, "car blue"),
    ({"a": "red car", "b": "car"}, "blue car"),
    ({"a": "red red car", "b": "car"}, "Red-CAR"),
]


def generate(rng):
    words = ["red", "car", "pie", "Green", "two", "sun", "RED"][: rng.randrange(3, 8)]
    documents = {}
    for name in "abcdef"[: rng.randrange(0, 7)]:
        documents[name] = rng.choice([" ", ", ", "-"]).join(rng.choice(words) for _ in range(rng.randrange(0, 7)))
    wanted = [rng.choice(words + ["moon"]) for _ in range(rng.choice([0, 1, 2, 2, 3, 3]))]
    return documents, rng.choice([" ", "+", " 4 "]).join(wanted)


RIGHT = [
    [
        (
            "    matches = set(documents)\n    for word in words_of(query):\n"
            "        matches &= index.get(word, set())\n",
            "    wanted = words_of(query)\n"
            "    matches = [name for name in documents if all(name in index.get(word, ()) for word in wanted)]\n",
        ),
    ],
    [
        (
            "        matches &= index.get(word, set())\n",
            "        matches = matches.intersection(index.get(word, ()))\n",
        ),
    ],
]

WRONG = [
    [
        (
            "        matches &= index.get(word, set())\n    return sorted(matches)\n",
            "        matches &= index.get(word, set())\n        if len(matches) < 2:\n"
            "            return sorted(matches)\n    return sorted(matches)\n",
        ),
    ],
    [
        (
            "    for word in words_of(query):\n        matches &= index.get(word, set())\n",
            "    for word in words_of(query)[:2]:\n        matches &= index.get(word, set())\n",
        ),
    ],
    [
        (
            "        matches &= index.get(word, set())\n",
            "        if word in index:\n            matches &= index[word]\n        else:\n            return []\n",
        ),
        ("    return sorted(matches)\n", "    return sorted(matches) if query else []\n"),
    ],
]
