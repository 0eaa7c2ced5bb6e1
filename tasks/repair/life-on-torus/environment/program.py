def living_neighbours(board, y, x):
    height, width = len(board), len(board[0])
    living = 0
    for dy in (-1, 0, 1):
        for dx in (-1, 0, 1):
            if (dy or dx) and board[(y + dy) % height][(x + dx) % height] == "#":
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
