"""`decimal_text(numerator, denominator)` writes a fraction of two whole numbers as an exact decimal number.

A whole value is written without a point ("-3", "0"). Otherwise the digits before the point ("0" if there are none) are
followed by a point and the digits after it, as few as possible; if these recur for ever, the shortest recurring group is
written once, in round brackets, at its first possible place: 1/6 is "0.1(6)". A negative value starts with a minus
sign, the value 0 never does. ZeroDivisionError is raised if the denominator is 0.
"""

TOPIC = "strings"

SOLUTION = '''
def decimal_text(numerator, denominator):
    sign = "-" if numerator * denominator < 0 else ""
    divisor = abs(denominator)
    whole, rest = divmod(abs(numerator), divisor)
    text = sign + str(whole)
    if rest == 0:
        return text
    digits = []
    places = {}
    while rest and rest not in places:
        places[rest] = len(digits)
        digit, rest = divmod(rest * 10, divisor)
        digits.append(str(digit))
    if rest:
        digits.insert(places[rest], "(")
        digits.append(")")
    return text + "." + "".join(digits)
'''.lstrip()

FAULTS = [("if numerator * denominator < 0 else", "if numerator < 0 else")]

ENTRY = "decimal_text"

VISIBLE = [(-1, 2), (1, -3), (7, 12), (6, 3)]

EDGES = [
    (-1, -2),
    (-5, -5),
    (0, -5),
    (0, -1),
    (0, -12),
    (0, 7),
    (4, -2),
    (-4, 2),
    (-1, 3),
    (1, 0),
    (0, 0),
    (-7, -12),
    (22, 7),
    (-22, 7),
    (22, -7),
    (1, 97),
    (1, 8),
    (1, 28),
    (100, 3),
    (5, 1),
    (10, 4),
    (-3, 0),
]


def generate(rng):
    top = rng.choice([10, 50, 1000])
    numerator, denominator = rng.randrange(0, top), rng.randrange(1, min(top, 120))
    if rng.random() < 0.5:
        numerator = -numerator
    if rng.random() < 0.6:
        denominator = -denominator
    return (numerator, denominator)


RIGHT = [
    [("if numerator * denominator < 0 else", "if numerator < 0 < denominator or denominator < 0 < numerator else")],
    [("if numerator * denominator < 0 else", "if numerator // denominator < 0 else")],
    [("if numerator * denominator < 0 else", "if numerator and (numerator < 0) != (denominator < 0) else")],
]

WRONG = [
    [("if numerator * denominator < 0 else", "if (numerator < 0) != (denominator < 0) else")],
    [("if numerator * denominator < 0 else", "if numerator < 0 or denominator < 0 else")],
    [("if numerator * denominator < 0 else", "if min(numerator, denominator) < 0 else")],
]
