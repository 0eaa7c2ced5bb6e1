"""`pack_parcels(parcels, capacity)` loads parcels into vans, the heaviest first, each into the first van with room.

`parcels` is a list of tuples (name, weight); names are distinct, weights are whole and positive. Parcels heavier than
`capacity` are not loaded at all. The others are taken by falling weight, and those of equal weight by their name in
rising order (as Python compares text). Each goes into the first van, in the order in which the vans were opened, where
the total weight stays within `capacity`; if there is none, a new van is opened.

The result is a tuple: the list of the vans, each a list of names in loading order, and the list of the names that were
not loaded, in the order in which they were given. `parcels` itself stays as it is.
"""

TOPIC = "lists"

SOLUTION = '''
def pack_parcels(parcels, capacity):
    refused = [name for name, weight in parcels if weight > capacity]
    vans = []
    room = []
    for name, weight in sorted(parcels, key=lambda parcel: (-parcel[1], parcel[0])):
        if weight > capacity:
            continue
        for number, free in enumerate(room):
            if weight <= free:
                break
        else:
            number = len(vans)
            vans.append([])
            room.append(capacity)
        vans[number].append(name)
        room[number] -= weight
    return vans, refused
'''.lstrip()

FAULTS = [("key=lambda parcel: (-parcel[1], parcel[0])", "key=lambda parcel: (parcel[1], parcel[0]), reverse=True")]

ENTRY = "pack_parcels"

VISIBLE = [
    ([("a", 5), ("b", 9), ("c", 1)], 10),
    ([("a", 4), ("b", 4), ("c", 4)], 8),
    ([("x", 20), ("y", 10)], 10),
]

EDGES = [
    ([], 5),
    ([("b", 2), ("a", 2)], 2),
    ([("b", 2), ("a", 2)], 4),
    ([("b", 2), ("A", 2), ("a", 2)], 3),
    ([("b", 2), ("C", 2), ("a", 2), ("B", 2)], 4),
    ([("p10", 3), ("p9", 3), ("p1", 3)], 6),
    ([("z", 9), ("y", 12), ("x", 11)], 8),
    ([("k", 8), ("j", 8), ("m", 1)], 8),
    ([("d", 5), ("c", 3), ("b", 5), ("a", 3)], 8),
]


def generate(rng):
    names = rng.sample(["a", "b", "c", "d", "e", "A", "B", "Z", "p1", "p10", "p2", "x-ray"], rng.randrange(1, 10))
    top = rng.choice([2, 4, 9, 30])
    return ([(name, rng.randrange(1, top + 1)) for name in names], rng.randrange(max(1, top - 1), 2 * top + 2))


RIGHT = [
    [("sorted(parcels, key=lambda parcel: (-parcel[1], parcel[0]))", "sorted(sorted(parcels), key=lambda parcel: -parcel[1])")],
    [("sorted(parcels, key=lambda parcel: (-parcel[1], parcel[0]))", "sorted(sorted(parcels), key=lambda parcel: parcel[1], reverse=True)")],
]

WRONG = [
    [("key=lambda parcel: (-parcel[1], parcel[0])", "key=lambda parcel: parcel[1], reverse=True")],
    [("(-parcel[1], parcel[0])", "(-parcel[1], parcel[0].lower())")],
]
