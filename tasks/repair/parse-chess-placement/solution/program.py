PIECES = "pnbrqkPNBRQK"


def parse_rank(text):
    squares = ""
    after_digit = False
    for char in text:
        if char in "12345678":
            if after_digit:
                raise ValueError("two digits side by side")
            squares += "." * int(char)
            after_digit = True
        elif char in PIECES:
            squares += char
            after_digit = False
        else:
            raise ValueError(f"unexpected {char!r}")
    return squares


def parse_placement(text):
    ranks = []
    for part in text.split("/"):
        rank = parse_rank(part)
        if len(rank) != 8:
            raise ValueError("a rank has eight squares")
        ranks.append(rank)
    if len(ranks) != 8:
        raise ValueError("a board has eight ranks")
    return ranks
