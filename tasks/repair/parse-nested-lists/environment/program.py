def skip_spaces(text, i):
    while i < len(text) and text[i] == " ":
        i += 1
    return i


def parse_value(text, i):
    i = skip_spaces(text, i)
    if text[i:i + 1] == "[":
        return parse_list(text, i + 1)
    start = i
    if text[i:i + 1] == "-":
        i += 1
    while i < len(text) and text[i].isdigit():
        i += 1
    return int(text[start:i]), i


def parse_list(text, i):
    items = []
    i = skip_spaces(text, i)
    if text[i:i + 1] == "]":
        return [], i
    while True:
        value, i = parse_value(text, i)
        items.append(value)
        i = skip_spaces(text, i)
        if text[i:i + 1] == "]":
            return items, i + 1
        if text[i:i + 1] != ",":
            raise ValueError("a comma or a bracket is missing")
        i += 1


def parse_nested_lists(text):
    value, i = parse_value(text, 0)
    if skip_spaces(text, i) != len(text):
        raise ValueError("text after the value")
    return value
