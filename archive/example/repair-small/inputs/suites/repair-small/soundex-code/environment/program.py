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
