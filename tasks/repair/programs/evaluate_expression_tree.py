"""`evaluate(node, names)` returns the value of an expression tree.

A node is an integer; a string, the name of a variable, whose value is looked up in `names` (KeyError if it is not
there); or a tuple `(operator, ...)`:

* `("+", a, ...)` and `("*", a, ...)` are the sum and the product of one or more nodes, `("-", a, b)` is a minus b;
* `("if", test, a, b)` is a if the value of test is not 0, else b; only the chosen one is evaluated;
* `("let", name, a, body)` is the value of body where `name` stands for the value of a, and all other names mean what
  they mean outside. The name has this meaning in body only (not in a, nor in the rest of the tree).

Any other operator raises ValueError.
"""

TOPIC = "recursion"

SOLUTION = '''
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
'''.lstrip()

FAULTS = [("{**names, name: evaluate(value, names)}", "{name: evaluate(value, names), **names}")]

ENTRY = "evaluate"

VISIBLE = [
    (("+", "x", ("*", 2, 3), 1), {"x": 4}),
    (("let", "y", 5, ("-", "y", 2)), {}),
    (("let", "x", ("+", 3, 4), ("*", "x", "x")), {"x": 1}),
    (("if", 0, ("/", 1, 1), 9), {}),
]

EDGES = [
    (("let", "x", 2, ("let", "x", ("+", "x", 1), ("*", "x", "x"))), {}),
    (("+", ("let", "x", 2, "x"), "x"), {"x": 10}),
    (("+", ("let", "x", 2, "x"), "x"), {}),
    (("let", "x", 2, ("+", "x", "y")), {"x": 7, "y": 30}),
    (("let", "x", ("+", "x", "y"), ("-", "y", "x")), {"x": 7, "y": 30}),
    (("let", "x", ("let", "y", 3, "y"), "y"), {}),
    (("/", 1, 2), {}),
    (("&", 1, 2), {}),
    ((",", 3, 2), {}),
    (("max", 1, 2), {}),
    (("inc", 0, 1, 2), {}),
    ("z", {"x": 1}),
    (("let", "x", 0, ("if", "x", 1, "y")), {"x": 1, "y": 5}),
]


def tree(rng, depth):
    if depth == 0 or rng.random() < 0.15:
        return rng.choice([0, 1, 2, -3, "x", "y", "x", "y", "z"])
    kind = rng.choice(["let", "let", "+", "*", "-", "if"])
    if kind == "let":
        return ("let", rng.choice("xyz"), tree(rng, depth - 1), tree(rng, depth - 1))
    sizes = {"+": rng.randrange(1, 4), "*": rng.randrange(1, 3), "-": 2, "if": 3}
    return (kind, *[tree(rng, depth - 1) for _ in range(sizes[kind])])


def generate(rng):
    names = {name: rng.randrange(-2, 9) for name in "xyz" if rng.random() < 0.85}
    return tree(rng, rng.randrange(1, 5)), names


RIGHT = [
    [("{**names, name: evaluate(value, names)}", "dict(names, **{name: evaluate(value, names)})")],
    [
        (
            "        return evaluate(body, {**names, name: evaluate(value, names)})\n",
            "        inner = dict(names)\n        inner[name] = evaluate(value, names)\n"
            "        return evaluate(body, inner)\n",
        ),
    ],
]

WRONG = [
    [("{**names, name: evaluate(value, names)}", "{name: evaluate(value, names)}")],
    [
        (
            "        return evaluate(body, {**names, name: evaluate(value, names)})\n",
            "        names = {**names, name: 0}\n"
            "        return evaluate(body, {**names, name: evaluate(value, names)})\n",
        )
    ],
    [
        (
            "        return evaluate(body, {**names, name: evaluate(value, names)})\n",
            "        names[name] = evaluate(value, names)\n        return evaluate(body, names)\n",
        )
    ],
]
