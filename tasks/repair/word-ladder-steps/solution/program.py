def one_letter_apart(one, other):
    return len(one) == len(other) and sum(a != b for a, b in zip(one, other)) == 1


def ladder_steps(start, goal, words):
    if start == goal:
        return 0
    unused = set(words)
    row = [start]
    steps = 0
    while row:
        steps += 1
        following = []
        for word in row:
            for candidate in sorted(unused):
                if one_letter_apart(word, candidate):
                    if candidate == goal:
                        return steps
                    unused.remove(candidate)
                    following.append(candidate)
        row = following
    return None
