"""`blur(image, radius)` softens a grey image.

`image` is a list of rows of equal length (whole numbers >= 0), possibly without rows; `radius` is a whole number >= 0.
The pixel in row y and column x of the result is the mean of all pixels of `image` whose row is at most `radius` away
from y and whose column is at most `radius` away from x, both included; places outside the image do not count. Means are
rounded to the nearest whole number, halves upwards. The result is a new list of rows.
"""

TOPIC = "lists"

SOLUTION = '''
def blur(image, radius):
    height = len(image)
    width = len(image[0]) if image else 0
    sums = [[0] * (width + 1) for _ in range(height + 1)]
    for y in range(height):
        for x in range(width):
            sums[y + 1][x + 1] = image[y][x] + sums[y][x + 1] + sums[y + 1][x] - sums[y][x]
    result = []
    for y in range(height):
        top, bottom = max(0, y - radius), min(height, y + radius + 1)
        row = []
        for x in range(width):
            left, right = max(0, x - radius), min(width, x + radius + 1)
            total = sums[bottom][right] - sums[top][right] - sums[bottom][left] + sums[top][left]
            count = (bottom - top) * (right - left)
            row.append((2 * total + count) // (2 * count))
        result.append(row)
    return result
'''.lstrip()

FAULTS = [
    ("min(height, y + radius + 1)", "min(height - 1, y + radius + 1)"),
    ("row.append((2 * total + count) // (2 * count))", "row.append(round(total / count))"),
]

ENTRY = "blur"

VISIBLE = [
    ([[0, 4], [8, 12]], 1),
    ([[9, 9, 9], [9, 9, 9], [9, 9, 9]], 1),
    ([[3, 1], [0, 2]], 0),
    ([], 2),
]

EDGES = [
    ([[0, 1]], 1),
    ([[0], [1]], 1),
    ([[2, 3]], 1),
    ([[1, 2]], 1),
    ([[5]], 0),
    ([[5]], 3),
    ([[0, 1, 0, 1, 0, 1]], 1),
    ([[0], [1], [0], [1]], 1),
    ([[10, 20, 30], [40, 50, 60]], 1),
    ([[10, 20], [30, 40], [50, 60]], 1),
    ([[1, 2], [3, 4], [5, 7]], 5),
]


def generate(rng):
    top = rng.choice([2, 4, 10, 256])
    width = rng.randrange(1, 7)
    image = [[rng.randrange(top) for _ in range(width)] for _ in range(rng.randrange(1, 7))]
    return (image, rng.choice([0, 1, 1, 1, 2, 3]))


RIGHT = [
    [("min(height, y + radius + 1)", "min(height - 1, y + radius) + 1"), ("(2 * total + count) // (2 * count)", "(total + count // 2) // count")],
    [("(2 * total + count) // (2 * count)", "int(total / count + 0.5)")],
]

WRONG = [
    [("(2 * total + count) // (2 * count)", "round(total / count)")],
    [("min(height, y + radius + 1)", "min(width, y + radius + 1)")],
]
