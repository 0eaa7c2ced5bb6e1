def fill_lines(words, width):
    lines = []
    line = []
    length = 0
    for word in words:
        if line and length + 1 + len(word) > width:
            lines.append(line)
            line = []
            length = 0
        length += len(word) + (1 if line else 0)
        line.append(word)
    if line:
        lines.append(line)
    return lines


def widen(line, width):
    gaps = len(line) - 1
    if gaps == 0:
        return line[0]
    spaces = width - sum(len(word) for word in line)
    each, extra = divmod(spaces, gaps)
    text = line[0]
    for i, word in enumerate(line[1:]):
        text += " " * (each + 1 if i < extra else each) + word
    return text


def justify(words, width):
    lines = fill_lines(words, width)
    result = [widen(line, width) for line in lines[:-1]]
    if lines:
        result.append(" ".join(lines[-1]))
    return result
