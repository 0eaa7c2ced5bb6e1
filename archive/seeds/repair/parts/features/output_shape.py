"""Answers on generated inputs should have the types that the visible tests expect."""

KIND = "feature"

TOO_MANY = 0.2
REGULAR = 0.2


def measure(case):
    """Return REGULAR when all shapes were expected somewhere, falling to -1 as unheard-of ones reach TOO_MANY."""
    known = {shape(sample.expected) for sample in case.visible}
    shapes = [shape(patched) for _, _, patched in case.legal if not case.crashed(patched)]
    if not shapes:
        return 0.0
    odd = sum(not any(matches(seen, wanted) for wanted in known) for seen in shapes) / len(shapes)
    return REGULAR if not odd else -min(1.0, odd / TOO_MANY)


def shape(value, depth=0):
    """Return the type of an encoded value: of a list with its items' types, of a tuple with each item's."""
    if isinstance(value, list):
        return ("list", frozenset(shape(item, depth + 1) for item in value[:8]) if depth < 2 else frozenset())
    if isinstance(value, dict):
        ((tag, body), *rest) = value.items() or [("", None)]
        if not rest and tag == "$tuple" and isinstance(body, list):
            return ("tuple", tuple(shape(item, depth + 1) for item in body) if depth < 2 else ())
        return ("dict", tag if not rest and tag.startswith("$") else "")
    return (type(value).__name__, None)


def matches(seen, wanted):
    """Tell whether a shape agrees with a wanted one; an empty list agrees with any list."""
    if seen[0] != wanted[0]:
        return False
    if seen[0] == "list":
        return not seen[1] or not wanted[1] or all(any(matches(a, b) for b in wanted[1]) for a in seen[1])
    if seen[0] == "tuple":
        return len(seen[1]) == len(wanted[1]) and all(map(matches, seen[1], wanted[1]))
    return seen == wanted
