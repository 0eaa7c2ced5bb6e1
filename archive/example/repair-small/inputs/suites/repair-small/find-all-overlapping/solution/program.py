def prefix_table(pattern):
    table = [0] * len(pattern)
    length = 0
    for i in range(1, len(pattern)):
        while length > 0 and pattern[i] != pattern[length]:
            length = table[length - 1]
        if pattern[i] == pattern[length]:
            length += 1
        table[i] = length
    return table


def find_all(text, pattern):
    if not pattern:
        return []
    table = prefix_table(pattern)
    found = []
    matched = 0
    for i, character in enumerate(text):
        while matched > 0 and pattern[matched] != character:
            matched = table[matched - 1]
        if pattern[matched] == character:
            matched += 1
        if matched == len(pattern):
            found.append(i - len(pattern) + 1)
            matched = table[-1]
    return found
