def read_varints(data):
    numbers = []
    value = 0
    shift = 0
    for byte in data:
        if shift > 28:
            raise ValueError("a number is too long")
        value |= (byte & 0x7F) << shift
        if byte & 0x80:
            shift += 7
            continue
        numbers.append(unzigzag(value))
        value = 0
    if shift:
        raise ValueError("the data ends inside of a number")
    return numbers


def unzigzag(value):
    half, odd = divmod(value, 2)
    return -half - 1 if odd else half
