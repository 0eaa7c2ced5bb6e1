"""`parse_sections(text)` parses a configuration text into a dict from section name to a dict of its settings.

Blank lines, and lines whose first visible character is `#` or `;`, are ignored wherever they are. `[name]` begins a
section (blanks around the name are dropped); the section exists from then on, even if empty, and naming it again goes
on with it. `key = value` sets a value in the current section: the key is lower-cased, blanks around both are dropped,
and the first `=` separates them. Settings before the first section header belong to the section `""`, which exists
only if there are such settings.

A line that begins with a space or a tab continues the value of the last setting, joined with one space, provided that
there is a setting since the last section header (or since the beginning); otherwise such a line is read like any other.
A line that is none of these raises ValueError.
"""

TOPIC = "parsing"

SOLUTION = '''
def parse_sections(text):
    sections = {}
    current = ""
    key = None
    for raw in text.split("\\n"):
        line = raw.strip()
        if not line or line[0] in "#;":
            continue
        if raw[0] in " \\t" and key is not None:
            sections[current][key] += " " + line
        elif line.startswith("[") and line.endswith("]"):
            current = line[1:-1].strip()
            sections.setdefault(current, {})
            key = None
        elif "=" in line:
            name, _, value = line.partition("=")
            key = name.strip().lower()
            sections.setdefault(current, {})[key] = value.strip()
        else:
            raise ValueError("not a setting: " + line)
    return sections
'''.lstrip()

FAULTS = [("            sections.setdefault(current, {})\n            key = None\n", "            sections.setdefault(current, {})\n")]

ENTRY = "parse_sections"

VISIBLE = [
    ("Host = a\n\n# note\nPort=80\n",),
    ("[a]\nx = 1\n[b]\n  y = 2\n",),
    ("[log]\nfiles = one\n  two\n",),
    ("[a]\nnonsense\n",),
]

EDGES = [
    ("",),
    ("a = [1]\n[x = 2\n",),
    ("[a",),
    ("[a]\nx = 1\n[a]\n  y = 2",),
    ("x = 1\n  y = 2\n[b]\n",),
    ("[a]\nx=1\n  [b]\ny=2",),
    ("[a]\nx=1\n[b]\n  [c]\n  z=3",),
    ("[a]\nx = 1\n[b]\n  word",),
    ("  x = 1\n  more",),
    ("[ s ]\nk==v\n\n  ; no\n  w = 2",),
    ("[a]\nx=1\n[b]\nx=2\n[a]\n  x = 3\n  4",),
    ("[a]\n y=1\n[b]\n y=2\n[a]\n z=3\n z=4",),
]


def generate(rng):
    lines = []
    for _ in range(rng.randrange(1, 8)):
        line = rng.choice(["[a]", "[b]", "[a]", "x = 1", "x=2", "Y = q", "y= ", "z = a=b", "word", "", "# c", "x = 5"])
        if line == "word" and rng.random() < 0.6:
            line = " word"
        lines.append(rng.choice(["", "", "  ", "\t"]) + line)
    return ("\n".join(lines),)


RIGHT = [
    [
        ("            current = line[1:-1].strip()\n", "            key = None\n            current = line[1:-1].strip()\n"),
        ("            sections.setdefault(current, {})\n            key = None\n", "            sections.setdefault(current, {})\n"),
    ],
    [
        ("    key = None\n    for raw", "    open_setting = False\n    for raw"),
        (" and key is not None:", " and open_setting:"),
        ("            sections.setdefault(current, {})\n            key = None\n", "            sections.setdefault(current, {})\n            open_setting = False\n"),
        ("            key = name.strip().lower()\n", "            open_setting = True\n            key = name.strip().lower()\n"),
    ],
]

WRONG = [
    [
        ("and key is not None:", "and key in sections.get(current, {}):"),
        ("            sections.setdefault(current, {})\n            key = None\n", "            sections.setdefault(current, {})\n"),
    ],
    [("and key is not None:", "and key is not None and \"=\" not in line:")],
    [
        ("and key is not None:", "and key is not None and sections[current]:"),
        ("            sections.setdefault(current, {})\n            key = None\n", "            sections.setdefault(current, {})\n"),
    ],
]
