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
