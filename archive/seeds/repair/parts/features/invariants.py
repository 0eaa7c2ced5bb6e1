"""What holds of every visible test's expected answer should hold of the answers on generated inputs."""

from shared.values import canonical

KIND = "feature"

AGREE = 0.4
TOO_MANY = 0.3


def measure(case):
    """Return AGREE when all mined invariants hold, falling to -1 as the broken share of one reaches TOO_MANY."""
    visible = [(sample.input, sample.expected) for sample in case.visible if not case.crashed(sample.expected)]
    answers = [(item, patched) for item, _, patched in case.legal if not case.crashed(patched)]
    if len(visible) < 2 or not answers:
        return 0.0
    kept = [rule for rule in RULES if all(rule(arguments(i), value) for i, value in visible)]
    if not kept:
        return 0.0
    worst = max(sum(rule(arguments(i), value) is False for i, value in answers) / len(answers) for rule in kept)
    return AGREE if not worst else -min(1.0, worst / TOO_MANY)


def arguments(item):
    """Return an input's arguments."""
    return item.get("args", [])


def is_number(value):
    """Tell numbers from truth values."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def items_of(value):
    """Return the items of an encoded list, text or tuple, else None."""
    if isinstance(value, dict) and isinstance(value.get("$tuple"), list):
        return value["$tuple"]
    return value if isinstance(value, (list, str)) else None


def first_items(args):
    """Return the items of the first argument that has any, else None."""
    return next((items for items in map(items_of, args) if items is not None), None)


def non_negative(args, value):
    """Numbers are not negative."""
    return is_number(value) and value >= 0


def unit_range(args, value):
    """Numbers lie between 0 and 1."""
    return is_number(value) and 0 <= value <= 1


def whole(args, value):
    """Numbers are whole."""
    return is_number(value) and value == int(value) if is_number(value) and abs(value) < 1e15 else False


def not_above_largest(args, value):
    """A number is at most the largest number among the arguments."""
    numbers = flat_numbers(args)
    return is_number(value) and bool(numbers) and value <= max(numbers)


def not_below_smallest(args, value):
    """A number is at least the smallest number among the arguments."""
    numbers = flat_numbers(args)
    return is_number(value) and bool(numbers) and value >= min(numbers)


def flat_numbers(value):
    """Return all numbers inside encoded data."""
    if isinstance(value, (list, dict)):
        return [n for inner in (value.values() if isinstance(value, dict) else value) for n in flat_numbers(inner)]
    return [value] if is_number(value) else []


def ascending(args, value):
    """A list is sorted."""
    items = items_of(value)
    try:
        return isinstance(items, list) and all(a <= b for a, b in zip(items, items[1:]))
    except TypeError:
        return False


def distinct(args, value):
    """A list holds nothing twice."""
    items = items_of(value)
    return items is not None and len({canonical(item) for item in items}) == len(items)


def same_length(args, value):
    """The answer is as long as the first argument that has a length."""
    items, given = items_of(value), first_items(args)
    return items is not None and given is not None and len(items) == len(given)


def not_longer(args, value):
    """The answer is not longer than the first argument that has a length."""
    items, given = items_of(value), first_items(args)
    return items is not None and given is not None and len(items) <= len(given)


def at_most_length(args, value):
    """A number is at most the length of the first argument that has one."""
    given = first_items(args)
    return is_number(value) and given is not None and value <= len(given)


def taken_from(args, value):
    """All items of the answer stand in the first argument that has items."""
    items, given = items_of(value), first_items(args)
    return items is not None and given is not None and {canonical(i) for i in items} <= {canonical(i) for i in given}


def one_of(args, value):
    """The answer is an item of the first argument that has items."""
    given = first_items(args)
    return given is not None and canonical(value) in {canonical(item) for item in given}


def rearranged(args, value):
    """The answer holds exactly the items of the first argument."""
    items, given = items_of(value), first_items(args)
    return items is not None and given is not None and sorted(map(canonical, items)) == sorted(map(canonical, given))


RULES = [
    non_negative, unit_range, whole, not_above_largest, not_below_smallest, ascending, distinct, same_length,
    not_longer, at_most_length, taken_from, one_of, rearranged,
]  # fmt: skip
