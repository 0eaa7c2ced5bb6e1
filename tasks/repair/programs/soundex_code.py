"""`soundex(name)` returns the four-character Soundex code of a name of ASCII letters (other characters are ignored).

Letters stand for digits: B F P V = 1, C G J K Q S X Z = 2, D T = 3, L = 4, M N = 5, R = 6. The vowels A E I O U and Y
stand for no digit. Upper and lower case are the same. The code begins with the first letter in upper case. The
digits of the letters after it follow, but a letter is skipped if the letter before it stands for the same digit (the
first letter of the name counts here too). H and W are skipped as if they were not in the name at all (except as the
first letter), so that letters on both sides of them are neighbours; vowels and Y do separate their neighbours. Codes
that are too short are filled with 0, longer ones cut after four characters. Without any letter the result is "".
"""

TOPIC = "strings"

SOLUTION = '''
GROUPS = {"BFPV": "1", "CGJKQSXZ": "2", "DT": "3", "L": "4", "MN": "5", "R": "6"}


def digit_of(letter):
    for letters, digit in GROUPS.items():
        if letter in letters:
            return digit
    return ""


def soundex(name):
    letters = [c for c in name.upper() if "A" <= c <= "Z"]
    if not letters:
        return ""
    code = letters[0]
    previous = digit_of(letters[0])
    for letter in letters[1:]:
        if letter in "HW":
            continue
        digit = digit_of(letter)
        if digit and digit != previous:
            code += digit
        previous = digit
    return (code + "000")[:4]
'''.lstrip()

FAULTS = [
    ("code += digit\n        previous = digit\n", "code += digit\n            previous = digit\n"),
]

ENTRY = "soundex"

VISIBLE = [("Robert",), ("Jackson",), ("Totem",), ("Lee",), ("",)]

EDGES = [
    ("Ashcraft",),
    ("Pfister",),
    ("Tymczak",),
    ("Honeyman",),
    ("BAB",),
    ("BYB",),
    ("Bhb",),
    ("SWSAS",),
    ("Wu-Wei",),
    ("'-'",),
    ("Mammal",),
    ("Cocoa",),
    ("AEIOU",),
    ("Gauss",),
    ("Lloyd",),
    ("Banana",),
    ("Nuno",),
    ("Rerirer",),
]


def generate(rng):
    letters = rng.choice(["BFPVAEH", "CGSXYWIO", "DTLAEU", "MNRYHWE", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"])
    name = "".join(rng.choice(letters) for _ in range(rng.randrange(1, 9)))
    return (rng.choice([name, name.lower(), name.capitalize(), name[:3] + rng.choice("-' ") + name[3:]]),)


RIGHT = [
    [
        ("        if digit and digit != previous:\n            code += digit\n        previous = digit\n",
         "        if digit != previous:\n            code += digit\n            previous = digit\n"),
    ],
    [
        ("        if digit and digit != previous:\n            code += digit\n        previous = digit\n",
         "        if digit and digit != previous:\n            code += digit\n            previous = digit\n"
         '        elif not digit:\n            previous = ""\n'),
    ],
]

WRONG = [
    [("if digit and digit != previous:", "if digit and digit != code[-1]:")],
    [
        ("        if digit and digit != previous:\n            code += digit\n        previous = digit\n",
         '        if letter in "AEIOU":\n            previous = ""\n        if digit and digit != previous:\n'
         "            code += digit\n            previous = digit\n"),
    ],
    [('        if letter in "HW":\n            continue\n', "")],
]
