def escape(byte):
    return f"={byte:X}"


def encode_byte(byte, last):
    if byte in b" \t":
        return escape(byte) if last else chr(byte)
    if 33 <= byte <= 126 and byte != ord("="):
        return chr(byte)
    return escape(byte)


def encode_line(line, limit):
    data = line.encode("utf-8")
    pieces, piece = [], ""
    for index, byte in enumerate(data):
        last = index == len(data) - 1
        unit = encode_byte(byte, last)
        room = limit
        if len(piece) + len(unit) > room:
            pieces.append(piece + "=")
            piece = ""
        piece += unit
    pieces.append(piece)
    return pieces


def encode_quoted_printable(text, limit):
    rows = []
    for line in text.split("\n"):
        rows.extend(encode_line(line, limit))
    return "\n".join(rows)
