COMBINE = {
    "sum": lambda total, number: total + number,
    "max": max,
    "min": min,
    "count": lambda total, number: total + 1,
}


def pivot_table(records, row, column, value, how):
    if how not in COMBINE:
        raise ValueError("sum, max, min or count")
    combine = COMBINE[how]
    table = {}
    columns = set()
    for record in records:
        number = record.get(value)
        if number is None:
            continue
        columns.add(record[column])
        cells = table.setdefault(record[row], {})
        key = record[column]
        cells[key] = combine(cells.get(key, 0), number)
    head = sorted(columns)
    result = [[row] + head]
    for name, cells in table.items():
        result.append([name] + [cells.get(key) for key in head])
    return result
