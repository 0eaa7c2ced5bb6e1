def join_text(left, right):
    return f"{left} {right}" if left and right else left + right


def parse_folded_headers(lines):
    headers = {}
    current = None
    for line in lines:
        if line == "":
            break
        if line[0] in " \t":
            if current is None:
                raise ValueError("a continuation without a header")
            headers[current] = join_text(headers[current], line.strip(" \t"))
            continue
        name, colon, value = line.partition(":")
        key = name.strip(" \t").lower()
        value = value.strip(" \t")
        if not colon or not key:
            raise ValueError("not a header")
        if key in headers:
            headers[key] += ", " + value
        else:
            headers[key] = value
        current = key
    return headers
