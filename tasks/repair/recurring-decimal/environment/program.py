def decimal_text(numerator, denominator):
    sign = "-" if numerator < 0 else ""
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
