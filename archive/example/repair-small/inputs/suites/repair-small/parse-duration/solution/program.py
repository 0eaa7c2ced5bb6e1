UNITS = {"d": 86400, "h": 3600, "m": 60, "s": 1}


def parse_duration(text):
    total = 0
    digits = ""
    for char in text:
        if char in "0123456789":
            digits += char
        elif char in UNITS:
            if not digits:
                raise ValueError("a unit needs a number")
            total += int(digits) * UNITS[char]
            digits = ""
        else:
            raise ValueError("unknown character")
    if digits:
        raise ValueError("a number needs a unit")
    return total
