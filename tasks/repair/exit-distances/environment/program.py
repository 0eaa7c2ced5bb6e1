def neighbours(row, column, height, width):
    for r, c in [(row - 1, column), (row + 1, column), (row, column - 1), (row, column + 1)]:
        if 0 <= r < height and 0 <= c < height:
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
