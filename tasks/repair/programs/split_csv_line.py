"""`split_csv_line(line)` returns the list of fields (strings) of one line of comma-separated text.

A comma ends a field; there is always one field more than there are separating commas, so the empty line has one empty
field. A double quote begins a quoted part and the next one ends it; a part may begin anywhere in a field. The quotes
are not part of the field, and commas between them do not separate. Inside a quoted part, two double quotes in a row
stand for one double quote, which belongs to the field. A quoted part that is never ended reaches to the end of the line.
All other characters, spaces included, are kept.
"""

TOPIC = "parsing"

SOLUTION = '''
def split_csv_line(line):
    fields = []
    field = ""
    quoted = False
    i = 0
    while i < len(line):
        char = line[i]
        if quoted:
            if char == '"' and line[i + 1:i + 2] == '"':
                field += '"'
                i += 1
            elif char == '"':
                quoted = False
            else:
                field += char
        elif char == '"':
            quoted = True
        elif char == ",":
            fields.append(field)
            field = ""
        else:
            field += char
        i += 1
    fields.append(field)
    return fields
'''.lstrip()

FAULTS = [("                i += 1\n", "                i += 2\n")]

ENTRY = "split_csv_line"

VISIBLE = [("a,b,,c",), ('"x, y",z',), ('"say ""hi"" now",end',)]

EDGES = [
    ("",),
    (",",),
    ('""',),
    ('"",x',),
    ('"a"""',),
    ('"""a"""',),
    ('""""',),
    ('a"b,c"d,e',),
    ('"open, never closed',),
    ('x,"a"",b"",c",y',),
    ('"",""',),
]


def generate(rng):
    fields = []
    for _ in range(rng.randrange(1, 5)):
        plain = "".join(rng.choice("ab ,\"") for _ in range(rng.randrange(6)))
        if rng.random() < 0.6:
            fields.append('"' + plain.replace('"', '""') + '"')
        else:
            fields.append(plain.replace('"', "").replace(",", ""))
    line = ",".join(fields)
    if rng.random() < 0.15:
        line += rng.choice(['"', ',"x', '"",'])
    return (line,)


RIGHT = [
    [
        ("            if char == '\"' and line[i + 1:i + 2] == '\"':\n", "            if line.startswith('\"\"', i):\n"),
    ],
    [
        ("                field += '\"'\n                i += 1\n", "                field += '\"'\n                i += 2\n                continue\n"),
    ],
]

WRONG = [
    [("                field += '\"'\n                i += 1\n", "                field += '\"' + line[i + 2:i + 3]\n                i += 2\n")],
    [("                i += 1\n", "                i += 1 if line[i + 2:i + 3] != '\"' else 2\n")],
    [
        (
            "        elif char == '\"':\n            quoted = True\n",
            "        elif line[i:i + 2] == '\"\"':\n            field += '\"'\n            i += 1\n"
            "        elif char == '\"':\n            quoted = True\n",
        )
    ],
]
