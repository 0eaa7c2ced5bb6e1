def paint(picture, row, column, colour):
    cells = [list(line) for line in picture]
    old = cells[row][column]

    def spread(r, c):
        if not (0 <= r < len(cells) and 0 <= c < len(cells[r])):
            return 0
        if cells[r][c] != old:
            return 0
        cells[r][c] = colour
        return 1 + spread(r - 1, c) + spread(r + 1, c) + spread(r, c - 1) + spread(r, c + 1)

    changed = spread(row, column)
    return ["".join(line) for line in cells], changed
