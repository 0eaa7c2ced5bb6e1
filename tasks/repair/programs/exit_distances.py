"""`exit_distances(plan)` returns for each place of a building how many steps it is to the nearest exit.

`plan` is a non-empty list of equally long, non-empty strings; "#" is a wall, "E" an exit, "." a floor. A step leads
up, down, left or right to a place that is not a wall. The result is a list of lists of the same shape as the plan: 0
for an exit, the smallest number of steps for a floor, and -1 for walls and for floors from which no exit can be
reached.
"""

TOPIC = "graphs"

SOLUTION = '''
def neighbours(row, column, height, width):
    for r, c in [(row - 1, column), (row + 1, column), (row, column - 1), (row, column + 1)]:
        if 0 <= r < height and 0 <= c < width:
            yield r, c


def exit_distances(plan):
    height, width = len(plan), len(plan[0])
    steps = [[-1] * width for _ in plan]
    queue = []
    for row in range(height):
        for column in range(width):
            if plan[row][column] == "E":
                steps[row][column] = 0
                queue.append((row, column))
    for row, column in queue:
        for r, c in neighbours(row, column, height, width):
            if plan[r][c] != "#" and steps[r][c] < 0:
                steps[r][c] = steps[row][column] + 1
                queue.append((r, c))
    return steps
'''.lstrip()

FAULTS = [("0 <= c < width", "0 <= c < height")]

ENTRY = "exit_distances"

VISIBLE = [
    (["E.", ".#"],),
    (["E..", "#.#"],),
    (["...", ".#E", ".E."],),
]

EDGES = [
    (["."],),
    (["E"],),
    (["E", ".", "."],),
    (["E.."],),
    (["....E"],),
    (["....E", "#...."],),
    (["E#.", ".#."],),
    (["E.", "..", "..", "#."],),
    (["E...E", ".###.", "....."],),
]


def generate(rng):
    height, width = rng.randrange(1, 7), rng.randrange(1, 7)
    places = rng.choice([".", "...#", "...#E", "..#", ".....#E"])
    rows = [[rng.choice(places) for _ in range(width)] for _ in range(height)]
    if rng.random() < 0.8:
        rows[rng.randrange(height)][rng.randrange(width)] = "E"
    return (["".join(row) for row in rows],)


RIGHT = [
    [("if 0 <= r < height and 0 <= c < width:", "if r in range(height) and c in range(width):")],
    [("0 <= c < width", "-1 < c <= width - 1")],
]

WRONG = [
    [("0 <= c < width", "0 <= c < min(height + 1, width)")],
    [("0 <= c < width", "0 <= c < max(height, width)")],
    [("0 <= c < width", "0 <= c < min(width, 3)")],
]
