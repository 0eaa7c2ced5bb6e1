import re

TERM = re.compile(r"([+-]?)([A-Z]+[0-9]+|[0-9]+)")


def evaluate(cells, name, path):
    content = cells.get(name, 0)
    if isinstance(content, int):
        return content
    if name in path:
        return None
    path.add(name)
    total = 0
    for sign, term in TERM.findall(content):
        if term.isdigit():
            value = int(term)
        else:
            value = evaluate(cells, term, path)
        if value is None:
            return None
        total += -value if sign == "-" else value
    return total


def recalculate_sheet(cells):
    return {name: evaluate(cells, name, set()) for name in cells}
