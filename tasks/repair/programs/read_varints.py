"""`read_varints(data)` reads the signed whole numbers that are packed one after the other in the bytes `data`.

Each number is first made non-negative ("zigzag": 0, -1, 1, -2, 2, ... become 0, 1, 2, 3, 4, ...) and then written in
groups of seven bits, the lowest group first, one group a byte; the top bit (0x80) is set in every byte of the number
except its last one. A number takes one to five bytes. Groups of zeros at the end are allowed.

The result is the list of the numbers. ValueError is raised if a number would take more than five bytes, or if the data
ends inside of a number.
"""

TOPIC = "parsing"

SOLUTION = '''
def read_varints(data):
    numbers = []
    value = 0
    shift = 0
    for byte in data:
        if shift > 28:
            raise ValueError("a number is too long")
        value |= (byte & 0x7F) << shift
        if byte & 0x80:
            shift += 7
            continue
        numbers.append(unzigzag(value))
        value = 0
        shift = 0
    if shift:
        raise ValueError("the data ends inside of a number")
    return numbers


def unzigzag(value):
    half, odd = divmod(value, 2)
    return -half - 1 if odd else half
'''.lstrip()

FAULTS = [("        value = 0\n        shift = 0\n    if shift:", "        value = 0\n    if shift:")]

ENTRY = "read_varints"

VISIBLE = [(b"\x00\x01\x02\x07",), (b"\xac\x02",), (b"\x80\x01\x05",), (b"\x05\xac",)]

EDGES = [
    (b"",),
    (b"\x80",),
    (b"\x80\x80",),
    (b"\x01\x80",),
    (b"\x80\x00",),
    (b"\x80\x00\x01",),
    (b"\xff\xff\xff\xff\x0f",),
    (b"\xff\xff\xff\xff\x0f\x03",),
    (b"\xff\xff\xff\xff\xff\x01",),
    (b"\x80\x80\x80\x80\x80\x80",),
    (b"\x80\x80\x80\x80\x01\x80\x80\x80\x80\x01",),
    (b"\xac\x02\xac\x02\xac\x02",),
    (b"\x96\x80\x01\x03\x04",),
    (b"\x7f\x7f",),
]


def generate(rng):
    data = bytearray()
    for _ in range(rng.randrange(1, 7)):
        value = rng.choice([rng.randrange(128), rng.randrange(1 << 14), rng.randrange(1 << 21), rng.randrange(1 << 34)])
        while value > 127:
            data.append(value & 127 | 128)
            value >>= 7
        data.append(value)
    if rng.random() < 0.2:
        data.append(rng.choice([0x80, 0x81, 0xFF]))
    return (bytes(data),)


RIGHT = [
    [("        value = 0\n        shift = 0\n    if", "        value = shift = 0\n    if")],
    [
        ("    if shift:\n", "    if data and data[-1] & 0x80:\n"),
        ("            shift += 7\n            continue\n        numbers.append(unzigzag(value))\n        value = 0\n        shift = 0\n",
         "            shift += 7\n        else:\n            numbers.append(unzigzag(value))\n            value, shift = 0, 0\n"),
    ],
]

WRONG = [
    [("    if shift:", "    if value:")],
    [("        value = 0\n        shift = 0\n    if shift:", "        value = 0\n        shift = max(shift - 7, 0)\n    if shift:")],
]
