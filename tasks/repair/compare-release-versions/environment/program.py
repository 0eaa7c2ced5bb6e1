def parse(version):
    core, _, suffix = version.partition("-")
    numbers = [int(part) for part in core.split(".")]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return numbers, suffix


def suffix_key(suffix):
    key = []
    for part in suffix.split("."):
        if part.isdigit():
            key.append((0, part))
        else:
            key.append((1, part))
    return key


def order(a, b):
    if a == b:
        return 0
    return -1 if a < b else 1


def compare_versions(left, right):
    left_numbers, left_suffix = parse(left)
    right_numbers, right_suffix = parse(right)
    if left_numbers != right_numbers:
        return order(left_numbers, right_numbers)
    if not left_suffix or not right_suffix:
        return order(left_suffix == "", right_suffix == "")
    return order(suffix_key(left_suffix), suffix_key(right_suffix))
