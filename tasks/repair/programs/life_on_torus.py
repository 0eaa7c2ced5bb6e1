"""`life(board, steps)` plays the game of life on a board whose opposite edges are joined.

`board` is a list of at least one row, texts of equal length (at least 1) with `#` for a living and `.` for a dead cell.
The neighbours of a cell are found by going one row and/or one column away in the eight directions; going beyond the
last row or column leads to the first one and the other way round. Each of the eight directions counts, even if on a
narrow board several lead to the same cell or back to the cell itself. In one step a living cell stays alive with two
or three living neighbours, a dead cell comes alive with exactly three; all others are dead, and all cells change at
once. The result is the list of rows after `steps` steps (>= 0).
"""

TOPIC = "lists"

SOLUTION = '''
def living_neighbours(board, y, x):
    height, width = len(board), len(board[0])
    living = 0
    for dy in (-1, 0, 1):
        for dx in (-1, 0, 1):
            if (dy or dx) and board[(y + dy) % height][(x + dx) % width] == "#":
                living += 1
    return living


def next_cell(board, y, x):
    living = living_neighbours(board, y, x)
    if living == 3 or living == 2 and board[y][x] == "#":
        return "#"
    return "."


def life(board, steps):
    for _ in range(steps):
        board = [
            "".join(next_cell(board, y, x) for x in range(len(row)))
            for y, row in enumerate(board)
        ]
    return board
'''.lstrip()

FAULTS = [("(x + dx) % width", "(x + dx) % height")]

ENTRY = "life"

VISIBLE = [
    (["....", ".##.", ".##.", "...."], 2),
    (["......", "....#.", "....#.", "....#."], 1),
    ([".....", "..#..", "..#..", "..#..", "....."], 3),
    (["#..", ".#."], 0),
]

EDGES = [
    (["#"], 1),
    (["##"], 1),
    (["#", "."], 1),
    (["#", "#", "."], 1),
    (["###"], 2),
    (["#...#", "#....", "....."], 1),
    (["#.", ".#", "##", "..", ".."], 1),
    ([".#.", "..#", "###", "...", "...", "..."], 4),
    ([".#....", "..#...", "###...", "......"], 5),
    (["#....", ".....", "#...#"], 1),
    (["..#", "..#", "..#", "...", "..."], 1),
    (["..", "#.", "#.", "#.", ".."], 1),
]


def generate(rng):
    height, width = rng.randrange(2, 7), rng.randrange(1, 8)
    share = rng.choice([0.25, 0.4, 0.6])
    board = ["".join("#" if rng.random() < share else "." for _ in range(width)) for _ in range(height)]
    return (board, rng.choice([0, 1, 1, 2, 3]))


RIGHT = [
    [("(x + dx) % width", "(x + dx) % len(board[y])")],
    [('board[(y + dy) % height][(x + dx) % width] == "#"', 'board[y + dy - height][x + dx - width] == "#"'), ("    living = 0\n", "    board = [row * 2 for row in board] * 2\n    living = 0\n")],
]

WRONG = [
    [("(x + dx) % width", "(x + dx) % max(width, height)")],
    [("(x + dx) % width", "min(x + dx, width - 1)")],
    [("(y + dy) % height][(x + dx) % width]", "(y + dy) % min(width, height)][(x + dx) % width]")],
]
