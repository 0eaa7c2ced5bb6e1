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
