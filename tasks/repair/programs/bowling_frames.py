"""`frame_scores(rolls)` gives the score sheet of a game of ten-pin bowling, finished or not.

`rolls` lists the pins knocked down by each roll so far, always of a valid game. A game has ten frames. A frame ends
after two rolls, or after one roll that knocks down all ten pins (a strike). A frame in which two rolls together knock
down all ten is a spare. A frame scores the pins of its own rolls, a spare also those of the next roll, a strike also
those of the next two rolls. After a spare or strike in the tenth frame one or two extra rolls follow; they count as
bonus of the tenth frame only. The result lists the total after each frame whose score is already settled, that is up
to the first frame that is unfinished or still waits for a bonus roll.
"""

TOPIC = "state-machines"

SOLUTION = '''
def frame_scores(rolls):
    scores = []
    total = 0
    i = 0
    while len(scores) < 10 and i < len(rolls):
        if rolls[i] == 10:
            used, needed = 1, 3
        elif sum(rolls[i:i + 2]) == 10:
            used, needed = 2, 3
        else:
            used, needed = 2, 2
        if i + needed > len(rolls):
            break
        total += sum(rolls[i:i + needed])
        scores.append(total)
        i += used
    return scores
'''.lstrip()

FAULTS = [
    ("while len(scores) < 10 and i < len(rolls):", "while i < len(rolls):"),
    ("if i + needed > len(rolls):", "if i + needed >= len(rolls):"),
]

ENTRY = "frame_scores"

VISIBLE = [
    ([10, 3, 4],),
    ([1, 2, 3],),
    ([10, 10],),
    ([5, 5, 3, 6],),
    ([4, 4] * 10,),
]

EDGES = [
    ([],),
    ([10],),
    ([7, 3],),
    ([0, 10, 5],),
    ([10] * 12,),
    ([10] * 11,),
    ([10] * 10 + [3, 4],),
    ([10] * 9 + [3, 4],),
    ([0, 0] * 9 + [10, 5, 5],),
    ([0, 0] * 9 + [10, 2, 3],),
    ([0, 0] * 9 + [10, 0, 0],),
    ([0, 0] * 9 + [10, 10, 3],),
    ([0, 0] * 9 + [4, 6, 10],),
    ([0, 0] * 9 + [4, 6, 5],),
    ([5, 5] * 10 + [5],),
    ([3, 5, 2],),
    ([5, 5, 5, 5],),
    ([0, 0] * 9 + [10, 2],),
]


def generate(rng):
    skill = rng.choice([0.1, 0.3, 0.6])

    def pins(left):
        return left if rng.random() < skill else rng.randrange(left + 1)

    rolls = []
    for _ in range(9):
        first = pins(10)
        rolls += [10] if first == 10 else [first, pins(10 - first)]
    first = pins(10)
    if first == 10:
        second = pins(10)
        rolls += [10, second, pins(10 if second == 10 else 10 - second)]
    else:
        second = pins(10 - first)
        rolls += [first, second] + ([pins(10)] if first + second == 10 else [])
    if rng.random() < 0.4:
        rolls = rolls[: rng.randrange(len(rolls))]
    return (rolls,)


RIGHT = [
    [("    while len(scores) < 10 and i < len(rolls):\n", "    for _ in range(10):\n        if i >= len(rolls):\n            break\n")],
    [("while len(scores) < 10 and i < len(rolls):", "while i < len(rolls):"), ("return scores", "return scores[:10]")],
    [("if i + needed > len(rolls):", "if len(rolls[i:i + needed]) < needed:")],
]

WRONG = [
    [("while len(scores) < 10 and i < len(rolls):", "while i < len(rolls):")],
    [("while len(scores) < 10 and i < len(rolls):", "while i < min(len(rolls), 20):")],
]
