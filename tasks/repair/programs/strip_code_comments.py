r'''`strip_code_comments(code)` returns a source text of a C-like language without its comments.

* `//` begins a comment that ends before the next newline (which stays) or at the end of the text.
* `/*` begins a comment that ends with the next `*/` after these two characters, or at the end of the text. So the text
  `/*/` is a beginning only. An ended comment of this kind is replaced by one space, one that is not ended by nothing.
* A double quote begins a string, and the next double quote ends it; a backslash in a string is kept together with the
  character after it, which then has no special meaning. There are no comments in strings and no strings in comments.
'''

TOPIC = "state-machines"

SOLUTION = r"""
def strip_code_comments(code):
    out = []
    state = "code"
    i = 0
    while i < len(code):
        char, pair, step = code[i], code[i:i + 2], 1
        if state == "code":
            if pair == "//":
                state, step = "line", 2
            elif pair == "/*":
                state, step = "block", 2
            else:
                if char == '"':
                    state = "string"
                out.append(char)
        elif state == "string":
            if char == "\\":
                char, step = pair, 2
            elif char == '"':
                state = "code"
            out.append(char)
        elif state == "line":
            if char == "\n":
                state = "code"
                out.append(char)
        elif pair == "*/":
            state, step = "code", 2
            out.append(" ")
        i += step
    return "".join(out)
""".lstrip()

FAULTS = [('"block", 2', '"block", 1')]

ENTRY = "strip_code_comments"

VISIBLE = [
    ("x = 1; // note /* this\ny = 2;",),
    ("a/*b*/c",),
    ("a/*/b*/c",),
    ('s = "/* \\" */ // no";/* yes */',),
]

EDGES = [
    ("",),
    ("/**/",),
    ("a/**/b",),
    ("a/***/b",),
    ("/*/",),
    ("x/* y /*/ z",),
    ("x/* y /*/ z */ w",),
    ('p = "/*/"; q',),
    ("/* open",),
    ("a//b",),
    ("//\n//\n/",),
    ('"\\\\"//c',),
    ("1/2*3/ *4",),
    ('"a\nb // c"',),
    ('// "\n"//"',),
    ("a /*/*/ b",),
    ("a /*x/*/ b */ c",),
]


def generate(rng):
    pieces = ["/*", "*/", "/*/", "//", "\n", '"', "\\", "a", "b ", "/", "*", " = 1;"]
    return ("".join(rng.choice(pieces) for _ in range(rng.randrange(2, 14))),)


RIGHT = [
    [
        ('                state, step = "block", 2\n', '                state = "block"\n                step = len(pair)\n'),
    ],
    [('                state, step = "block", 2\n', '                state = "block"\n                i += 1\n')],
]

WRONG = [
    [('"block", 2', '"block", 1'), ('        elif pair == "*/":\n', '        elif pair == "*/" and code[i - 1] != "/":\n')],
    [('"block", 2', '"block", 3')],
    [('"block", 2', '"block", 1'), ("    out = []\n", '    code = code.replace("/*/", "/* /")\n    out = []\n')],
]
