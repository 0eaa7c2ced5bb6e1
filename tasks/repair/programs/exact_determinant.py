"""`determinant(matrix)` computes the determinant of a square matrix of whole numbers exactly.

`matrix` is a list of rows (lists), which the function leaves as it found them. The result is a whole number; the
determinant of the matrix without rows is 1. ValueError is raised if the matrix is not square.
"""

TOPIC = "numeric"

SOLUTION = '''
def determinant(matrix):
    size = len(matrix)
    if any(len(row) != size for row in matrix):
        raise ValueError("the matrix is not square")
    if size == 0:
        return 1
    rows = [list(row) for row in matrix]
    sign = 1
    previous = 1
    for k in range(size - 1):
        if rows[k][k] == 0:
            for other in range(k + 1, size):
                if rows[other][k] != 0:
                    rows[k], rows[other] = rows[other], rows[k]
                    sign = -sign
                    break
            else:
                return 0
        for i in range(k + 1, size):
            for j in range(k + 1, size):
                rows[i][j] = (rows[i][j] * rows[k][k] - rows[i][k] * rows[k][j]) // previous
        previous = rows[k][k]
    return sign * rows[-1][-1]
'''.lstrip()

FAULTS = [("rows = [list(row) for row in matrix]", "rows = list(matrix)"), ("sign = -sign", "sign = -1")]

ENTRY = "determinant"

OBSERVE = "args"

VISIBLE = [
    ([[7]],),
    ([[2, 1], [1, 3]],),
    ([[0, 1], [1, 0]],),
    ([[1, 0, 2], [0, 1, 0], [2, 0, 5]],),
]

EDGES = [
    ([],),
    ([[]],),
    ([[1, 2]],),
    ([[0]],),
    ([[0, 0], [0, 0]],),
    ([[0, 0, 1], [1, 0, 0], [0, 1, 0]],),
    ([[0, 1, 0], [0, 0, 1], [1, 0, 0]],),
    ([[0, 0, 1], [0, 1, 0], [1, 0, 0]],),
    ([[0, 2, 3], [4, 0, 6], [7, 8, 0]],),
    ([[1, 1, 2], [1, 1, 3], [2, 5, 1]],),
    ([[0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1], [1, 0, 0, 0]],),
    ([[0, 1, 0, 0], [1, 0, 0, 0], [0, 0, 0, 1], [0, 0, 1, 0]],),
    ([[0, 3, 0, 0], [2, 0, 0, 0], [0, 0, 0, 5], [0, 0, 7, 0]],),
    ([[2, 4], [1, 2]],),
    ([[1, 2], [3]],),
]


def generate(rng):
    size = rng.choice([1, 2, 3, 3, 4, 4, 5])
    zeros = rng.choice([0.1, 0.5, 0.65])
    return ([[0 if rng.random() < zeros else rng.randrange(-9, 10) for _ in range(size)] for _ in range(size)],)


RIGHT = [
    [("sign = -sign", "sign *= -1")],
    [("    rows = [list(row) for row in matrix]\n", "    rows = []\n    for row in matrix:\n        rows.append(row[:])\n")],
    [("    size = len(matrix)\n", "    from copy import deepcopy\n    size = len(matrix)\n"), ("[list(row) for row in matrix]", "deepcopy(matrix)")],
]

WRONG = [
    [("sign = -sign", "sign = -1")],
    [("sign = -sign", "sign *= (-1) ** (other - k)")],
]
