"""`rotate(matrix, turns)` turns a square matrix (a list of n rows of n entries, n >= 0) clockwise, in place.

`turns` is the number of quarter turns; a negative number turns the other way, and four quarter turns change nothing.
After one quarter turn the first row has become the last column, read from top to bottom. The rows stay the same list
objects with new entries. The function returns None.
"""

TOPIC = "lists"

SOLUTION = '''
def quarter_turn(matrix):
    size = len(matrix)
    for layer in range(size // 2):
        last = size - 1 - layer
        for i in range(layer, last):
            offset = i - layer
            saved = matrix[layer][i]
            matrix[layer][i] = matrix[last - offset][layer]
            matrix[last - offset][layer] = matrix[last][last - offset]
            matrix[last][last - offset] = matrix[i][last]
            matrix[i][last] = saved


def rotate(matrix, turns):
    for _ in range(turns % 4):
        quarter_turn(matrix)
'''.lstrip()

FAULTS = [("offset = i - layer", "offset = i + layer")]

ENTRY = "rotate"

OBSERVE = "args"

VISIBLE = [
    ([[1, 2], [3, 4]], 1),
    ([[1, 2, 3], [4, 5, 6], [7, 8, 9]], -1),
    ([[1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11, 12], [13, 14, 15, 16]], 1),
    ([[1, 2, 3, 4], [5, 0, 0, 6], [7, 0, 0, 8], [9, 10, 11, 12]], 2),
]

EDGES = [
    ([], 1),
    ([[7]], 3),
    ([[1, 2], [3, 4]], 4),
    ([[1, 2], [3, 4]], 0),
    ([[1, 2], [3, 4]], -1),
    ([[1, 2], [3, 4]], 7),
    ([[1, 2, 3], [4, 5, 6], [7, 8, 9]], -6),
    ([[0, 0, 0, 0], [0, 1, 2, 0], [0, 3, 4, 0], [0, 0, 0, 0]], 1),
    ([[0, 0, 0, 0], [0, 1, 2, 0], [0, 3, 4, 0], [0, 0, 0, 0]], 2),
]


def generate(rng):
    size = rng.choice([2, 3, 4, 4, 5, 5, 6, 7])
    numbers = list(range(1, size * size + 1))
    if rng.random() < 0.7:
        rng.shuffle(numbers)
    rows = [numbers[k * size : (k + 1) * size] for k in range(size)]
    return (rows, rng.choice([1, 1, 1, 2, 3, -1, -2, 5, 4]))


RIGHT = [
    [
        ("        for i in range(layer, last):\n            offset = i - layer\n",
         "        for offset in range(last - layer):\n            i = layer + offset\n"),
    ],
    [
        ("        quarter_turn(matrix)\n",
         "        turned = [list(column) for column in zip(*matrix[::-1])]\n"
         "        for row, entries in zip(matrix, turned):\n            row[:] = entries\n"),
    ],
    [("offset = i - layer", "offset = abs(layer - i)")],
]

WRONG = [
    [("offset = i - layer", "offset = (i + layer) % 2 if layer else i")],
    [("offset = i - layer", "offset = i - 1 if layer else i")],
    [("offset = i - layer", "offset = i if layer == 0 else 0")],
]
