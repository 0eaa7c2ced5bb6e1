HEX = "0123456789abcdefABCDEF"


def decode(text):
    out = ""
    i = 0
    while i < len(text):
        code = text[i + 1:i + 3]
        if text[i] == "%" and len(code) == 2 and all(digit in HEX for digit in code):
            out += chr(int(code, 16))
            i += 2
        else:
            out += " " if text[i] == "+" else text[i]
            i += 1
    return out


def parse_query_string(query):
    if query.startswith("?"):
        query = query[1:]
    result = {}
    for pair in query.split("&"):
        if not pair:
            continue
        key, _, value = pair.rpartition("=")
        result.setdefault(decode(key), []).append(decode(value))
    return result
