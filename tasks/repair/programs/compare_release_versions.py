"""`compare_versions(left, right)` returns -1, 0 or 1 if version `left` is older than, equal to or newer than `right`.

A version is a dotted list of whole numbers, e.g. "1.10.2", which may be followed by a hyphen and a pre-release:
a dotted list of parts of ASCII letters and digits, e.g. "2.0-rc.1". Rules, in this order:

- The numbers are compared one after the other as numbers; missing ones count as 0 ("1.2" equals "1.2.0").
- With equal numbers, a version with a pre-release is older than one without.
- Two pre-releases are compared part by part: two parts of digits only compare as numbers, two others as text (plain
  string comparison), and a part of digits only is older than any other part. If all parts of the shorter pre-release
  are equal to those of the longer one, the shorter one is older.

Leading zeros of numbers, also in pre-release parts, have no meaning.
"""

TOPIC = "strings"

SOLUTION = '''
def parse(version):
    core, _, suffix = version.partition("-")
    numbers = [int(part) for part in core.split(".")]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return numbers, suffix


def suffix_key(suffix):
    key = []
    for part in suffix.split("."):
        if part.isdigit():
            key.append((0, int(part)))
        else:
            key.append((1, part))
    return key


def order(a, b):
    if a == b:
        return 0
    return -1 if a < b else 1


def compare_versions(left, right):
    left_numbers, left_suffix = parse(left)
    right_numbers, right_suffix = parse(right)
    if left_numbers != right_numbers:
        return order(left_numbers, right_numbers)
    if not left_suffix or not right_suffix:
        return order(left_suffix == "", right_suffix == "")
    return order(suffix_key(left_suffix), suffix_key(right_suffix))
'''.lstrip()

FAULTS = [("key.append((0, int(part)))", "key.append((0, part))")]

ENTRY = "compare_versions"

VISIBLE = [
    ("1.9", "1.10.0"),
    ("2.0-rc.10", "2.0-rc.9"),
    ("1.0-beta", "1.0"),
    ("1.0-rc.1", "1.0-rc.x"),
    ("3.1-a.2", "3.1-a.4"),
]

EDGES = [
    ("1.2", "1.2.0"),
    ("1.2-rc.007", "1.2.0-rc.7"),
    ("1.0-rc.100", "1.0-rc.99"),
    ("1.0-rc.1000", "1.0-rc.200"),
    ("1.0-5", "1.0-40"),
    ("1.0-rc", "1.0-rc.0"),
    ("1.0-rc10", "1.0-rc9"),
    ("1.0-9", "1.0-a"),
    ("1.0-Z", "1.0-a"),
    ("0", "0.0.0"),
    ("0.1", "0"),
    ("1.0", "1.0-0"),
    ("1.0.1-a", "1.0"),
    ("01.2", "1.02"),
    ("1.0-10.2", "1.0-9.3"),
]


def generate(rng):
    def part():
        number = rng.choice([rng.randrange(13), rng.randrange(150)])
        return rng.choice([str(number), str(number), f"0{number % 10}", "rc", "b2", "b10"])

    def version(numbers):
        text = ".".join(map(str, numbers))
        if rng.random() < 0.75:
            text += "-" + ".".join(part() for _ in range(rng.randrange(1, 4)))
        return text

    numbers = [rng.choice([0, 1, 2, 9, 10]) for _ in range(rng.randrange(1, 4))]
    other = numbers + [0] * rng.randrange(2) if rng.random() < 0.7 else numbers[:-1] + [rng.randrange(12)]
    left = version(numbers)
    right = version(other)
    if rng.random() < 0.4 and "-" in left:
        right = left.rsplit(".", 1)[0] + "." + part() if "." in left.partition("-")[2] else left + "." + part()
    return (left, right)


RIGHT = [
    [
        ("key.append((0, int(part)))", 'key.append((0, "", int(part)))'),
        ("key.append((1, part))", "key.append((1, part, 0))"),
    ],
    [
        ("        if part.isdigit():\n            key.append((0, int(part)))\n"
         "        else:\n            key.append((1, part))\n",
         "        numeric = part.isdigit()\n        key.append((not numeric, int(part) if numeric else part))\n"),
    ],
    [("(0, int(part))", '(0, (len(part.lstrip("0")), part.lstrip("0")))')],
]

WRONG = [
    [("(0, int(part))", "(0, part.zfill(2))")],
    [("(0, int(part))", "(0, (len(part), part))")],
    [("(0, int(part))", "(0, int(part[0]) if len(part) == 1 else 10)")],
]
