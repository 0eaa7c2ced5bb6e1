"""`complete_ean13(code)` completes or verifies an EAN-13 article number given as text.

Spaces and hyphens in `code` are ignored. What is left must be 12 or 13 decimal digits, otherwise ValueError is raised.
The check digit is found from the first 12 digits: counted from the left, the 1st, 3rd, 5th, ... digit has weight 1 and
the 2nd, 4th, 6th, ... digit has weight 3; the check digit (0 to 9) brings the weighted sum up to a multiple of 10.
With 12 digits the result is the 13-digit text with the check digit appended. With 13 digits the last one must be the
check digit: then the 13 digits are returned, otherwise ValueError is raised.
"""

TOPIC = "numeric"

SOLUTION = '''
def check_digit(digits):
    total = 0
    for position, digit in enumerate(digits):
        weight = 3 if position % 2 == 1 else 1
        total += weight * int(digit)
    return (10 - total % 10) % 10


def complete_ean13(code):
    digits = code.replace(" ", "").replace("-", "")
    if not digits.isdigit() or len(digits) not in (12, 13):
        raise ValueError("an EAN-13 has 12 or 13 digits")
    body = digits[:12]
    complete = body + str(check_digit(body))
    if len(digits) == 13 and digits != complete:
        raise ValueError("wrong check digit")
    return complete
'''.lstrip()

FAULTS = [("position % 2 == 1", "position % 2 == 0")]

ENTRY = "complete_ean13"

VISIBLE = [("400638133393",), ("111111111111",), ("4-006381-333931",), ("12345",)]

EDGES = [
    ("000000000000",),
    ("0000000000000",),
    ("",),
    ("40063813339x",),
    ("4006381333930",),
    ("40063813339312",),
    ("100000000003",),
    ("010000000007",),
    ("300000000000",),
    ("030000000000",),
]


def generate(rng):
    digits = [rng.randrange(10) for _ in range(12)]
    if rng.random() < 0.3:
        digits = [digit if rng.random() < 0.3 else 0 for digit in digits]
    text = "".join(map(str, digits))
    if rng.random() < 0.5:
        right = -sum(digit * (1, 3)[place % 2] for place, digit in enumerate(digits)) % 10
        text += str(right if rng.random() < 0.6 else rng.randrange(10))
    if rng.random() < 0.3:
        text = text[:3] + rng.choice(" -") + text[3:]
    if rng.random() < 0.08:
        text = text[: rng.randrange(12)]
    return (text,)


RIGHT = [
    [("weight = 3 if position % 2 == 1 else 1", "weight = 1 + position % 2 * 2")],
    [("enumerate(digits)", "enumerate(digits, start=1)"), ("position % 2 == 1", "position % 2 == 0")],
    [("return (10 - total % 10) % 10", "return -total % 10")],
]

WRONG = [
    [("return (10 - total % 10) % 10", "return 10 - total % 10")],
    [(" and digits != complete", " and digits[-1] not in complete")],
    [("position % 2 == 1", "position % 2 == (1 if digits[0] == '4' else 0)")],
]
