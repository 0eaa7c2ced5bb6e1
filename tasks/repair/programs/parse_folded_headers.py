"""`parse_folded_headers(lines)` reads the headers of a message, given as a list of lines without line ends.

A header is a line "Name: value"; all after the first colon is the value. Blanks (spaces and tabs) around the name and
the value are dropped; capital letters in names do not matter, the result has them in small letters. A line that begins
with a space or a tab continues the header line before it: its text without blanks around it is joined to the value with
a single space (if both of them have text; otherwise without it). When a name occurs again, the new value is joined to the
old one with ", ", even if one of them is empty.

The headers end at the first empty line or with the last line; lines after an empty line are ignored. The result is a dict
from names to values. ValueError is raised for a line without a colon, for an empty name, and for a continuation before
any header.
"""

TOPIC = "parsing"

SOLUTION = '''
def join_text(left, right):
    return f"{left} {right}" if left and right else left + right


def parse_folded_headers(lines):
    headers = {}
    current = None
    for line in lines:
        if line == "":
            break
        if line[0] in " \\t":
            if current is None:
                raise ValueError("a continuation without a header")
            headers[current] = join_text(headers[current], line.strip(" \\t"))
            continue
        name, colon, value = line.partition(":")
        key = name.strip(" \\t").lower()
        value = value.strip(" \\t")
        if not colon or not key:
            raise ValueError("not a header")
        if key in headers:
            headers[key] += ", " + value
        else:
            headers[key] = value
        current = key
    return headers
'''.lstrip()

FAULTS = [("            headers[key] = value\n        current = key\n", "            headers[key] = value\n            current = key\n")]

ENTRY = "parse_folded_headers"

VISIBLE = [
    (["Host: example.org", "Accept: text/html", "", "body"],),
    (["to: ann", "cc: bob", "to: eve", "  and dan"],),
    (["subject: a long", "\ttext: with colon"],),
    ([" x", "A: b"],),
]

EDGES = [
    ([],),
    ([""],),
    (["Via: a", "Date: b", "VIA: c", " d"],),
    (["Via: a", "Date: b", "Via: c", " d", "Date: e", "\tf"],),
    (["Via: a", "via: b", " c"],),
    (["A: 1", "B: 2", "A:", " 3"],),
    (["A:", "  first", " ", "  second  "],),
    (["A : 1"],),
    (["nothing"],),
    ([": 1"],),
    ([" : 1"],),
    (["A: 1", "", " 2", "nothing"],),
    (["A: b:c"],),
    (["X-Note: one", "  two", "Other: 3", "x-note: four", "   five", " six"],),
    (["A: 1", "   two words   "],),
]


def generate(rng):
    lines = []
    for _ in range(rng.randrange(1, 9)):
        if lines and rng.random() < 0.4:
            lines.append(rng.choice([" ", "\t", "   "]) + rng.choice(["more", "a: b", "x y", "", "end "]))
        else:
            lines.append(rng.choice(["To", "to", "Cc", "CC", "Via", "X-A"]) + rng.choice([":", ": ", " : "]) + rng.choice(["ann", "b c", "", "d:e"]))
    if rng.random() < 0.15:
        lines.insert(rng.randrange(len(lines) + 1), rng.choice(["", "", "what", ":x", " y"]))
    return (lines,)


RIGHT = [
    [
        ('            headers[key] += ", " + value\n        else:\n            headers[key] = value\n        current = key\n',
         '            headers[key] += ", " + value\n            current = key\n        else:\n            headers[key] = value\n            current = key\n'),
    ],
    [
        ("        if key in headers:\n", "        current = key\n        if key in headers:\n"),
        ("            headers[key] = value\n        current = key\n", "            headers[key] = value\n"),
    ],
]

WRONG = [
    [("        current = key\n", "        current = name\n")],
    [('            headers[key] += ", " + value\n        else:\n            headers[key] = value\n        current = key\n',
      '            headers[key] += ", " + value\n            current = list(headers)[0]\n        else:\n            headers[key] = value\n            current = key\n')],
]
