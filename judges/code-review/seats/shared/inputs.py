"""Making new inputs from the visible ones: what a program does on them tells patches apart.

Inputs are changed as encoded data, with values drawn from the same task's visible inputs, so that most stay inside of
what the program is meant for.
"""

from shared.values import canonical

TRIES = 8  # draws for each input that is wanted


def generate(inputs: list, count: int, rng) -> list:
    """Return up to `count` new, distinct inputs; `rng` is a random.Random, so that equal seeds give equal inputs."""
    pool = _atoms(inputs)
    seen = {canonical(item) for item in inputs}
    found = []
    for _ in range(count * TRIES):
        if len(found) == count:
            break
        item = _changed_input(inputs[rng.randrange(len(inputs))], inputs, pool, rng)
        key = canonical(item)
        if key not in seen:
            seen.add(key)
            found.append(item)
    return found


def _atoms(data) -> dict:
    """Return the integers, floats and texts inside the arguments of inputs."""
    pool = {int: [], float: [], str: []}

    def visit(item):
        if type(item) in pool:
            if item not in pool[type(item)]:
                pool[type(item)].append(item)
        elif isinstance(item, list):
            for part in item:
                visit(part)
        elif isinstance(item, dict):
            for part in item.values():
                visit(part)

    for case_input in data:
        visit(case_input.get("args", []))
        for operation in case_input.get("ops", []):
            visit(operation[1:])
    return pool


def _changed_input(item, inputs, pool, rng):
    if "ops" in item and (not item.get("args") or rng.random() < 0.7):
        return {**item, "ops": _changed_operations(item["ops"], inputs, pool, rng)}
    arguments = list(item.get("args", []))
    if not arguments:
        return item
    for _ in range(rng.choice((1, 1, 2))):
        index = rng.randrange(len(arguments))
        others = [other["args"][index] for other in inputs if len(other.get("args", [])) > index]
        if rng.random() < 0.15:
            arguments[index] = rng.choice(others)
        else:
            arguments[index] = change(arguments[index], pool, rng)
    return {**item, "args": arguments}


def _changed_operations(operations, inputs, pool, rng):
    operations = list(operations)
    others = [operation for item in inputs for operation in item.get("ops", [])]
    index = rng.randrange(len(operations)) if operations else 0
    action = rng.randrange(4)
    if action == 0 and len(operations) > 1:
        del operations[index]
    elif action == 1 and others:
        operations.insert(index, rng.choice(others))
    elif action == 2 and len(operations) > 1:
        other = rng.randrange(len(operations))
        operations[index], operations[other] = operations[other], operations[index]
    elif operations and len(operations[index]) > 1:
        operations[index] = [operations[index][0], change(operations[index][1], pool, rng)]
    return operations


def change(value, pool, rng):
    """Return an encoded value with one change somewhere in it."""
    if isinstance(value, bool) or value is None:
        return not value if isinstance(value, bool) else value
    if isinstance(value, int):
        near = [value + 1, value - 1, value * 2, value // 2, 0, 1, *pool[int]]
        return rng.choice([item for item in near if item >= 0 or value < 0 or min(pool[int], default=0) < 0])
    if isinstance(value, float):
        return rng.choice([value + 1, value / 2, value * 2, 0.0, *pool[float]])
    if isinstance(value, str):
        return _changed_text(value, pool, rng)
    if isinstance(value, list):
        return _changed_list(value, pool, rng)
    if len(value) == 1 and next(iter(value)) in ("$tuple", "$set"):
        ((tag, body),) = value.items()
        return {tag: [change(body[0], pool, rng), *body[1:]] if body and tag == "$set" else _inside(body, pool, rng)}
    if "$dict" in value:
        return {"$dict": _changed_pairs(value["$dict"], pool, rng)}
    if any(key.startswith("$") for key in value):
        return value
    return dict(_changed_pairs([list(pair) for pair in value.items()], pool, rng))


def _inside(body, pool, rng):
    """Change one item and keep the number of items: tuples are records more often than not."""
    body = list(body)
    if body:
        index = rng.randrange(len(body))
        body[index] = change(body[index], pool, rng)
    return body


def _changed_text(value, pool, rng):
    index = rng.randrange(len(value) + 1)
    letters = "".join(pool[str]) or "a"
    action = rng.randrange(5)
    if action == 0 and value:
        return value[:index] + value[index + 1 :]
    if action == 1:
        return value[:index] + rng.choice(letters) + value[index:]
    if action == 2 and value:
        return value[:index] + rng.choice(letters) + value[index + 1 :]
    if action == 3:
        other = rng.choice(pool[str]) if pool[str] else value
        return other if len(other) > 1 or len(value) < 2 else value[::-1]
    return value[:index] if rng.random() < 0.5 else value + value[index:]


def _changed_list(value, pool, rng):
    value = list(value)
    if not value:
        return value
    index = rng.randrange(len(value))
    action = rng.randrange(6)
    if action == 0:
        del value[index]
    elif action == 1:
        value.insert(rng.randrange(len(value) + 1), value[index])
    elif action == 2 and len(value) > 1:
        other = rng.randrange(len(value))
        value[index], value[other] = value[other], value[index]
    elif action == 3 and rng.random() < 0.4:
        value = value[: index if rng.random() < 0.7 else 0]
    else:
        value[index] = change(value[index], pool, rng)
    return value


def _changed_pairs(pairs, pool, rng):
    pairs = list(pairs)
    if not pairs:
        return pairs
    index = rng.randrange(len(pairs))
    key, held = pairs[index]
    action = rng.randrange(3)
    if action == 0 and len(pairs) > 1:
        del pairs[index]
    else:
        pairs[index] = [key, change(held, pool, rng)]
    return pairs
