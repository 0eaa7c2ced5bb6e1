SIMPLE = {"n": "\n", "t": "\t", "\\": "\\", '"': '"'}
NUMERIC = {"x": (2, 16), "o": (3, 8)}


def decode_escapes(text):
    out = []
    state = "plain"
    digits = ""
    width = base = 0
    for char in text:
        if state == "plain":
            if char == "\\":
                state = "escape"
            else:
                out.append(char)
        elif state == "escape":
            if char in SIMPLE:
                out.append(SIMPLE[char])
                state = "plain"
            elif char in NUMERIC:
                width, base = NUMERIC[char]
                digits = ""
                state = "digits"
            else:
                raise ValueError("unknown escape " + char)
        else:
            if char.lower() not in "0123456789abcdef"[:base]:
                raise ValueError("not a digit: " + char)
            digits += char
            if len(digits) == width:
                out.append(chr(int(digits)))
                state = "plain"
    if state != "plain":
        raise ValueError("text ends in an escape")
    return "".join(out)
