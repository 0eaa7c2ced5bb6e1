"""`match_version_range(version, spec)` tells whether a version such as `"1.4.0"` satisfies a range.

Versions have one to three whole numbers separated by dots; missing ones are 0. A range is one or more alternatives
separated by `||`, of which at least one must hold. An alternative is one or more comparators separated by spaces,
all of which must hold. A comparator is a version after one of these operators (no space between):

* `>=`, `<=`, `>`, `<`, `=`: the usual comparison; no operator means `=`;
* `~1.2.3`: at least 1.2.3 and below 1.3.0, that is, only the third number may grow;
* `^1.2.3`: at least 1.2.3, and nothing up to the first non-zero number of it may change: `^1.2.3` is below 2.0.0,
  `^0.2.3` is below 0.3.0, and `^0.0.3` is below 0.0.4 (`^0.0.0` is below 0.0.1).
"""

TOPIC = "parsing"

SOLUTION = '''
def parse_version(text):
    parts = [int(part) for part in text.split(".")]
    return tuple(parts + [0] * (3 - len(parts)))


def caret_limit(base):
    major, minor, patch = base
    if major > 0:
        return (major + 1, 0, 0)
    if minor > 0:
        return (0, minor + 1, 0)
    return (0, 0, patch + 1)


def holds(version, comparator):
    number = comparator.lstrip("<>=^~")
    operator = comparator[:len(comparator) - len(number)]
    base = parse_version(number)
    if operator == "^":
        return base <= version < caret_limit(base)
    if operator == "~":
        return base <= version < (base[0], base[1] + 1, 0)
    if operator == ">=":
        return version >= base
    if operator == "<=":
        return version <= base
    if operator == ">":
        return version > base
    if operator == "<":
        return version < base
    return version == base


def match_version_range(version, spec):
    wanted = parse_version(version)
    for alternative in spec.split("||"):
        if all(holds(wanted, comparator) for comparator in alternative.split()):
            return True
    return False
'''.lstrip()

FAULTS = [("    if major > 0:\n", "    if major >= 0:\n")]

ENTRY = "match_version_range"

VISIBLE = [("1.4", "^1.2.0"), ("0.3.0", "^0.2.3"), ("2.0.0", ">=1.0 <2.0"), ("1.9.9", "<1.0 || ~1.9.2")]

EDGES = [
    ("0.0.4", "^0.0.3"),
    ("0.0.3", "^0.0.3"),
    ("0.2.9", "^0.2.3"),
    ("0.9.0", "^0.2"),
    ("0.1.0", "^0.0.0"),
    ("0.0.0", "^0"),
    ("1.0.0", "^0.9.9"),
    ("2.0.0", "^1.2.3"),
    ("1.3.0", "~1.2.3"),
    ("1", "=1.0.0"),
    ("0.5.1", "^0.4.9 || ^0.5.0"),
    ("0.1.1", "^0.1"),
    ("0.2.2", "^0.2.3"),
    ("1.2.0", "<=1.2"),
    ("1.1.9", "<=1.2"),
    ("1.2.1", "<=1.2"),
    ("1.2", ">=1.2"),
    ("1.2", ">1.2"),
    ("1.2", "<1.2"),
    ("1.2.3", "~1.2.3"),
    ("1.2.9", "~1.2.3"),
    ("2.2.3", "~1.2.3"),
    ("1.9.9", "^1.2.3"),
    ("1.2.2", "^1.2.3"),
    ("2.0.0", "^1"),
    ("0.3.0", "^0.2"),
    ("0.0.1", "^0.0.0"),
]


def generate(rng):
    base = [rng.choice([0, 0, 0, 1, 1, 2, 9]), rng.choice([0, 0, 1, 2, 3]), rng.randrange(4)]
    near = rng.choice(
        [
            base,
            [base[0], base[1], base[2] + rng.choice([-1, 1, 1, 5])],
            [base[0], base[1] + 1, rng.choice([0, 0, 1, base[2]])],
            [base[0], base[1] - 1, base[2] + 1],
            [base[0] + 1, 0, rng.randrange(2)],
            [base[0] + 1, base[1], base[2]],
            [base[0], base[1] + 4, 0],
            [base[0] - 1, base[1] + 1, 3],
        ]
    )

    def text(numbers):
        numbers = [max(0, number) for number in numbers]
        while len(numbers) > 1 and numbers[-1] == 0 and rng.random() < 0.5:
            numbers.pop()
        return ".".join(map(str, numbers))

    spec = rng.choice(["^", "^", "^", "^", "~", "~", ">=", "<=", "<", ">", "=", ""]) + text(base)
    other = rng.choice([">=", "<=", "<", ">", "^"]) + text([rng.randrange(3), rng.randrange(3), 0])
    return (text(near), rng.choice([spec, spec, spec, spec, spec + " " + other, other + " || " + spec]))


RIGHT = [
    [("    if major > 0:\n", "    if major:\n")],
    [("    if major > 0:\n", "    if major >= 1:\n"), ("    if minor > 0:\n", "    if minor != 0:\n")],
]

WRONG = [
    [("    if minor > 0:\n        return (0, minor + 1, 0)\n    return (0, 0, patch + 1)\n", "    return (0, minor + 1, 0)\n")],
    [("    if minor > 0:\n        return (0, minor + 1, 0)\n    return (0, 0, patch + 1)\n", "    return (0, minor, patch + 1)\n")],
    [("    if major > 0:\n", "    if major > 0 or patch == 0:\n")],
]
