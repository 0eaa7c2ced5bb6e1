"""`trapped_water(heights)` returns how many units of water stay between walls after rain.

`heights` are whole numbers >= 0, the heights of walls of width 1 that stand side by side. Above each wall the water
rises to the lower of the two maxima to its left and to its right (the wall itself included in both), and runs off at
the two ends. The result is the sum of the water above all walls; with fewer than three walls it is 0.
"""

TOPIC = "lists"

SOLUTION = '''
def trapped_water(heights):
    left, right = 0, len(heights) - 1
    left_max = right_max = 0
    water = 0
    while left <= right:
        left_max = max(left_max, heights[left])
        right_max = max(right_max, heights[right])
        if left_max < right_max:
            water += left_max - heights[left]
            left += 1
        else:
            water += right_max - heights[right]
            right -= 1
    return water
'''.lstrip()

FAULTS = [("water += right_max - heights[right]", "water += left_max - heights[right]")]

ENTRY = "trapped_water"

VISIBLE = [([2, 0, 2],), ([1, 2],), ([3, 0, 1],), ([1, 0, 3],)]

EDGES = [
    ([],),
    ([5],),
    ([0, 0, 0],),
    ([3, 2, 1],),
    ([1, 2, 3],),
    ([4, 1, 3, 1, 2],),
    ([2, 1, 3, 1, 4],),
    ([0, 1, 0, 2, 1, 0, 1, 3, 2, 1, 2, 1],),
    ([4, 2, 0, 3, 2, 5],),
    ([5, 0, 3, 0, 0, 2],),
    ([6, 1, 6],),
    ([6, 0, 2, 1],),
]


def generate(rng):
    top = rng.choice([2, 4, 7, 12])
    heights = [rng.randrange(top) for _ in range(rng.randrange(3, 11))]
    if rng.random() < 0.4:
        heights[0] = top + rng.randrange(3)
    return (heights,)


RIGHT = [
    [("water += right_max - heights[right]", "water += min(left_max, right_max) - heights[right]")],
    [
        ("    left, right = 0, len(heights) - 1\n",
         "    if heights:\n"
         "        return sum(min(max(heights[: i + 1]), max(heights[i:])) - h for i, h in enumerate(heights))\n"
         "    left, right = 0, len(heights) - 1\n"),
    ],
]

WRONG = [
    [("water += right_max - heights[right]", "water += max(0, heights[-1] - heights[right])")],
    [
        ("water += right_max - heights[right]",
         "water += max(0, heights[min(right + 1, len(heights) - 1)] - heights[right])"),
    ],
    [
        ("water += right_max - heights[right]", "water += left_max - heights[right]"),
        ("    left, right = 0, len(heights) - 1\n",
         "    if heights and heights[0] > heights[-1]:\n        return trapped_water(heights[::-1])\n"
         "    left, right = 0, len(heights) - 1\n"),
    ],
]
