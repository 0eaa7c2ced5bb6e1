"""`parse_query_string(query)` parses the query part of a web address into a dict from key to list of values.

One leading `?` is dropped. Pairs are separated by `&`; empty pairs are ignored. Key and value are separated by the
first `=` of a pair; a pair without `=` has the value `""`. A key that occurs again adds to its list, in order.
Keys and values are decoded after splitting: `+` is a space, and `%` followed by two hexadecimal digits is the character
with that code (`%41` is `A`). A `%` that is not followed by two hexadecimal digits stands for itself.
"""

TOPIC = "parsing"

SOLUTION = '''
HEX = "0123456789abcdefABCDEF"


def decode(text):
    out = ""
    i = 0
    while i < len(text):
        code = text[i + 1:i + 3]
        if text[i] == "%" and len(code) == 2 and all(digit in HEX for digit in code):
            out += chr(int(code, 16))
            i += 3
        else:
            out += " " if text[i] == "+" else text[i]
            i += 1
    return out


def parse_query_string(query):
    if query.startswith("?"):
        query = query[1:]
    result = {}
    for pair in query.split("&"):
        if not pair:
            continue
        key, _, value = pair.partition("=")
        result.setdefault(decode(key), []).append(decode(value))
    return result
'''.lstrip()

FAULTS = [("            i += 3\n", "            i += 2\n"), ('pair.partition("=")', 'pair.rpartition("=")')]

ENTRY = "parse_query_string"

VISIBLE = [("?a=1&b=2&a=3",), ("flag&x=y",), ("name=J%4Fe+Doe",), ("&&rate=5%",)]

EDGES = [
    ("",),
    ("?",),
    ("a=b=c",),
    ("=v",),
    ("k=",),
    ("a%3Db=c%26d",),
    ("x=%2G%zz",),
    ("+k+=%2B",),
    ("??a=1",),
    ("p=%41%42%43",),
    ("e==",),
    ("q=%25%34%31",),
    ("%66lag",),
    ("a!41=$42&\"43=:44",),
]


def generate(rng):
    def text():
        return "".join(rng.choice(["a", "b", "7", "+", "%41", "%3d", "%26", "%2B", "%", "%5", "%g1"]) for _ in range(rng.randrange(4)))

    pairs = []
    for _ in range(rng.randrange(5)):
        pair = rng.choice(["a", "b", text()])
        for _ in range(rng.choice([0, 1, 1, 1, 2])):
            pair += "=" + text()
        pairs.append(pair)
    return (rng.choice(["", "", "?"]) + "&".join(pairs),)


RIGHT = [
    [('        key, _, value = pair.partition("=")\n', '        key, value = pair.split("=", 1) if "=" in pair else (pair, "")\n')],
    [("            i += 3\n", "            i += 2\n            i += 1\n"), ("        if not pair:\n", '        if pair == "":\n')],
]

WRONG = [
    [('pair.partition("=")', 'pair.rpartition("=") if "=" in pair else (pair, "", "")')],
    [('pair.partition("=")', 'decode(pair).partition("=")')],
    [("            i += 3\n", "            i += 2 + (text[i + 2] in HEX[10:])\n")],
]
