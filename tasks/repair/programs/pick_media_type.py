"""`pick_media_type(header, offered)` answers the Accept header of a web request with the best of the offered types.

`header` is a list of ranges with commas between them; empty entries are ignored. A range is "type/subtype", "type/*" or
"*/*", perhaps followed by parameters, each after a semicolon. The parameter "q=NUMBER" (0 to 1, always well-formed) is
its quality, 1 without it; other parameters are ignored. Blanks around ranges and parameters do not matter, nor do
capital letters. If a range is repeated, the last one counts. A header without any range means "*/*".

`offered` is a list of distinct types "type/subtype" in small letters. The quality of an offered type is that of the most
precise range in the header that covers it: the same type, else "type/*", else "*/*"; it is 0 if none covers it. The
result is the offered type with the highest quality, the earliest of them among equals, or None if no offered type has a
quality above 0.
"""

TOPIC = "parsing"

SOLUTION = '''
def parse_accept(header):
    qualities = {}
    for entry in header.lower().split(","):
        name, *parameters = [piece.strip() for piece in entry.split(";")]
        if not name:
            continue
        quality = 1.0
        for parameter in parameters:
            key, _, value = parameter.partition("=")
            if key.strip() == "q":
                quality = float(value)
        qualities[name] = quality
    return qualities or {"*/*": 1.0}


def quality_of(media_type, qualities):
    family = media_type.split("/")[0]
    for pattern in (media_type, family + "/*", "*/*"):
        if pattern in qualities:
            return qualities[pattern]
    return 0.0


def pick_media_type(header, offered):
    qualities = parse_accept(header)
    best, best_quality = None, 0.0
    for media_type in offered:
        quality = quality_of(media_type, qualities)
        if quality > best_quality:
            best, best_quality = media_type, quality
    return best
'''.lstrip()

FAULTS = [("if pattern in qualities:", "if qualities.get(pattern):")]

ENTRY = "pick_media_type"

VISIBLE = [
    ("text/html, application/json;q=0.9", ["application/json", "text/html"]),
    ("*/*, text/html;q=0", ["text/html", "text/plain"]),
    ("", ["image/png", "image/gif"]),
    ("Text/*; q=0.5, text/plain;q=0.2", ["text/plain", "text/csv"]),
]

EDGES = [
    ("*/*", []),
    ("text/*;q=0, */*", ["text/html", "image/png"]),
    ("text/*;q=0, */*;q=0.1", ["text/html", "text/csv"]),
    ("text/*;q=0, text/html, */*;q=0.3", ["image/png", "text/csv", "text/html"]),
    ("*/*;q=0, text/html;q=0.2", ["text/csv", "text/html"]),
    ("*/*;q=0", ["text/csv"]),
    ("text/html;q=0.0", ["text/html"]),
    ("text/html;q=0, text/*;q=0.4", ["text/html"]),
    ("text/html;q=0, text/html", ["text/html"]),
    ("text/html;level=1;q=0.4, text/csv;q=0.5", ["text/html", "text/csv"]),
    (" , ,", ["a/b"]),
    ("image/*", ["text/html"]),
    ("a/b;Q=0.1,a/c ; q = 0.3", ["a/b", "a/c"]),
]


def generate(rng):
    names = ["text/html", "text/csv", "text/plain", "image/png", "image/gif", "application/json"]
    offered = rng.sample(names, rng.randrange(1, 5))
    entries = []
    for _ in range(rng.randrange(1, 6)):
        entry = rng.choice(names + ["text/*", "text/*", "image/*", "*/*", "*/*"])
        if rng.random() < 0.75:
            entry += rng.choice([";", "; ", ";v=2;"]) + "q=" + rng.choice(["0", "0", "0.0", "0.3", "0.5", "0.8", "1"])
        entries.append(entry)
    return (rng.choice([",", ", "]).join(entries), offered)


RIGHT = [
    [("if pattern in qualities:", "if qualities.get(pattern) is not None:")],
    [
        ('        if pattern in qualities:\n            return qualities[pattern]\n',
         '        quality = qualities.get(pattern, -1)\n        if quality >= 0:\n            return quality\n'),
    ],
]

WRONG = [
    [("        if pattern in qualities:\n", "        if qualities.get(pattern) or pattern == media_type and pattern in qualities:\n")],
    [
        ("    for pattern in (media_type, family", "    if 0.0 in (qualities.get(media_type), qualities.get(family + \"/*\"), qualities.get(\"*/*\")):\n        return 0.0\n    for pattern in (media_type, family"),
    ],
]
