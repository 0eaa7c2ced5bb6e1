REPLACEMENT = "\ufffd"


def is_high(unit):
    return 0xD800 <= unit <= 0xDBFF


def is_low(unit):
    return 0xDC00 <= unit <= 0xDFFF


def join_pair(high, low):
    return chr(0x10000 + (high & 0x3FF) << 10 | low & 0x3FF)


def decode_utf16_units(units):
    high = None
    for unit in units:
        if high is not None:
            if is_low(unit):
                yield join_pair(high, unit)
                high = None
                continue
            yield REPLACEMENT
        if is_high(unit):
            high = unit
        elif is_low(unit):
            yield REPLACEMENT
        else:
            yield chr(unit)
    if high is not None:
        yield REPLACEMENT
