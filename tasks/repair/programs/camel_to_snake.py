"""`camel_to_snake(name)` turns an identifier in camel case into snake case: lower case, words joined by underscores.

The name consists of ASCII letters, digits and underscores. An upper-case letter that is not the first character starts
a new word, and gets an underscore before it, in exactly two cases: if the character before it is a lower-case letter
or a digit, or if the character before it is an upper-case letter and the character after it is a lower-case letter
(so the last letter of a run like "HTTP" in "HTTPServer" goes with the word that follows). No underscores are added
elsewhere; those that are there stay. The empty name stays empty.
"""

TOPIC = "strings"

SOLUTION = '''
def starts_word(name, i):
    before = name[i - 1]
    after = name[i + 1 : i + 2]
    if not name[i].isupper():
        return False
    if before.islower() or before.isdigit():
        return True
    return before.isupper() and after.islower()


def camel_to_snake(name):
    result = name[:1].lower()
    for i in range(1, len(name)):
        if starts_word(name, i):
            result += "_"
        result += name[i].lower()
    return result
'''.lstrip()

FAULTS = [("before.isupper() and after.islower()", "before.isupper() or after.islower()")]

ENTRY = "camel_to_snake"

VISIBLE = [("userName",), ("parseURL",), ("Version2Beta",), ("HTTPServer",), ("x",)]

EDGES = [
    ("",),
    ("ID",),
    ("parseHTTPResponse",),
    ("_Private",),
    ("my_Name",),
    ("MY_NAME",),
    ("URL2Path",),
    ("XMLDoc",),
    ("aB",),
    ("ABc",),
    ("ABC_def",),
    ("AB1c",),
    ("getX",),
    ("isAType",),
    ("a_B",),
]


def generate(rng):
    words = ["user", "Name", "HTTP", "URL", "2", "x", "A", "_", "Id", "Path", "to", "10", "IO", "Be", "XMLs"]
    return ("".join(rng.choice(words) for _ in range(rng.randrange(1, 6))),)


RIGHT = [
    [("return before.isupper() and after.islower()", 'return before != "_" and after.islower()')],
    [
        ("    return before.isupper() and after.islower()\n",
         "    if after.islower():\n        return before.isupper()\n    return False\n"),
    ],
]

WRONG = [
    [("return before.isupper() and after.islower()", "return after.islower()")],
    [("return before.isupper() and after.islower()", "return before.isupper() and after.islower() and i > 2")],
    [("before.isupper() and after.islower()", 'before.isupper() and not after.isupper() and after != ""')],
]
