import re

CELL = re.compile("([A-Za-z]{1,3})([1-9][0-9]*)")


def column_number(letters):
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def column_letters(number):
    letters = ""
    while number > 0:
        letters = "ZABCDEFGHIJKLMNOPQRSTUVWXY"[number % 26] + letters
        number = (number - 1) // 26
    return letters


def expand_cell_range(text):
    corners = [CELL.fullmatch(part) for part in text.split(":")]
    if len(corners) > 2 or None in corners:
        raise ValueError("not a range of cells")
    columns = sorted(column_number(corner[1]) for corner in corners)
    rows = sorted(int(corner[2]) for corner in corners)
    names = []
    for row in range(rows[0], rows[-1] + 1):
        for column in range(columns[0], columns[-1] + 1):
            names.append(column_letters(column) + str(row))
    return names
