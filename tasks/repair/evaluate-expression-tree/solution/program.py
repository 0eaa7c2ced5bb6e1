import math


def evaluate(node, names):
    if isinstance(node, int):
        return node
    if isinstance(node, str):
        return names[node]
    operator, *parts = node
    if operator == "let":
        name, value, body = parts
        return evaluate(body, {**names, name: evaluate(value, names)})
    if operator == "if":
        test, then, otherwise = parts
        return evaluate(then if evaluate(test, names) else otherwise, names)
    values = [evaluate(part, names) for part in parts]
    if operator == "+":
        return sum(values)
    if operator == "*":
        return math.prod(values)
    if operator == "-":
        return values[0] - values[1]
    raise ValueError(f"unknown operator {operator}")
