"""`simplify(node)` returns a simpler expression tree with the same value.

A node is an integer, a string (a variable) or a tuple `(operator, left, right)` with the operator "+", "-" or "*".
Both operands are simplified first; then the first rule that fits is used:

1. two integers are computed;
2. 0 + e, e + 0 and e - 0 become e; e - e becomes 0 (equal operands after simplification);
3. 0 * e and e * 0 become 0; 1 * e and e * 1 become e.

If no rule fits the result is the tuple of the operator and the simplified operands. 0 - e stays as it is.
"""

TOPIC = "recursion"

SOLUTION = '''
COMPUTE = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
}


def simplify_product(left, right):
    if left == 0 or right == 0:
        return 0
    if left == 1:
        return right
    if right == 1:
        return left
    return ("*", left, right)


def simplify(node):
    if not isinstance(node, tuple):
        return node
    operator = node[0]
    left, right = simplify(node[1]), simplify(node[2])
    if isinstance(left, int) and isinstance(right, int):
        return COMPUTE[operator](left, right)
    if operator == "*":
        return simplify_product(left, right)
    if right == 0:
        return left
    if operator == "+" and left == 0:
        return right
    if operator == "-" and left == right:
        return 0
    return (operator, left, right)
'''.lstrip()

FAULTS = [
    ("if left == 0 or right == 0:", "if left == 0 and right == 0:"),
    ("return (operator, left, right)", "return node"),
]

ENTRY = "simplify"

VISIBLE = [
    (("+", 2, ("*", 3, 4)),),
    (("*", "x", 0),),
    (("+", ("*", 1, "x"), "y"),),
    (("-", ("+", "x", 0), "x"),),
    (("*", ("-", 5, 4), "x"),),
]

EDGES = [
    (7,),
    ("x",),
    (("-", 0, "x"),),
    (("*", 0, "x"),),
    (("*", ("-", "x", "x"), "y"),),
    (("*", 0, ("+", "x", "y")),),
    (("*", 1, ("*", "x", 1)),),
    (("-", ("*", "x", 1), ("+", "y", 0)),),
    (("-", "x", ("+", 2, 3)),),
    (("+", ("+", "x", 0), ("*", "y", 0)),),
    (("+", ("-", 0, "x"), ("-", "y", ("*", 2, 1))),),
    (("-", 1, ("+", "x", ("*", "y", 0))),),
]


def tree(rng, depth):
    if depth == 0 or rng.random() < 0.2:
        return rng.choice([0, 0, 1, 1, 2, 5, "x", "x", "y", "x"])
    return (rng.choice("+-*"), tree(rng, depth - 1), tree(rng, depth - 1))


def generate(rng):
    return (tree(rng, rng.randrange(1, 5)),)


RIGHT = [
    [("if left == 0 or right == 0:", "if 0 in (left, right):")],
    [
        ("    return (operator, left, right)\n", "    node = operator, left, right\n    return node\n"),
        ("if left == 0 or right == 0:", "if not (left != 0 and right != 0):"),
    ],
]

WRONG = [
    [("if left == 0 or right == 0:", "if right == 0:")],
    [("return (operator, left, right)", "return (operator, left, node[2])")],
    [("return (operator, left, right)", 'return ("+", left, right)')],
]
