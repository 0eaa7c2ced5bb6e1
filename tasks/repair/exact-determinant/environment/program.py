def determinant(matrix):
    size = len(matrix)
    if any(len(row) != size for row in matrix):
        raise ValueError("the matrix is not square")
    if size == 0:
        return 1
    rows = list(matrix)
    sign = 1
    previous = 1
    for k in range(size - 1):
        if rows[k][k] == 0:
            for other in range(k + 1, size):
                if rows[other][k] != 0:
                    rows[k], rows[other] = rows[other], rows[k]
                    sign = -1
                    break
            else:
                return 0
        for i in range(k + 1, size):
            for j in range(k + 1, size):
                rows[i][j] = (rows[i][j] * rows[k][k] - rows[i][k] * rows[k][j]) // previous
        previous = rows[k][k]
    return sign * rows[-1][-1]
