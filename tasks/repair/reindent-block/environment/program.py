def indentation(line):
    return len(line) - len(line.lstrip(" "))


def reindent(text, prefix):
    lines = text.split("\n")
    margin = min((indentation(line) for line in lines if line), default=0)
    result = []
    for line in lines:
        if line.strip(" "):
            result.append(prefix + line[margin:])
        else:
            result.append("")
    return "\n".join(result)
