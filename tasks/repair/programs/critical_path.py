"""`critical_path(tasks)` returns `(length, path)` of a plan of tasks that can run at the same time.

`tasks` maps each task's name to a tuple of its duration (a positive integer) and the list of the tasks that must be
finished before it starts; these names are keys of `tasks`, and nothing depends on itself. Every task starts as early
as possible, the first ones at 0. `length` is the time when the last task is finished (0 without tasks). `path` ends
with the task that finishes last, and before each task in it that needs others comes the one of these that finishes
last. So the list is in order of time. Of tasks that finish at the same time the one with the smallest name is taken.
"""

TOPIC = "graphs"

SOLUTION = '''
def finish_time(name, tasks, finished):
    if name not in finished:
        duration, needs = tasks[name]
        begin = 0
        for need in needs:
            begin = max(begin, finish_time(need, tasks, finished))
        finished[name] = begin + duration
    return finished[name]


def latest(names, finished):
    return min(names, key=lambda name: (-finished[name], name))


def critical_path(tasks):
    if not tasks:
        return 0, []
    finished = {}
    for name in tasks:
        finish_time(name, tasks, finished)
    last = latest(tasks, finished)
    path = [last]
    while tasks[path[-1]][1]:
        path.append(latest(tasks[path[-1]][1], finished))
    return finished[last], path[::-1]
'''.lstrip()

FAULTS = [
    ("begin = max(begin, finish_time(need, tasks, finished))", "begin += finish_time(need, tasks, finished)"),
    ("path[::-1]", "path"),
]

ENTRY = "critical_path"

VISIBLE = [
    ({"dig": (3, []), "walk": (2, [])},),
    ({"dig": (3, []), "pour": (2, ["dig"])},),
    ({"a": (3, []), "b": (4, []), "c": (2, ["a", "b"])},),
]

EDGES = [
    ({},),
    ({"a": (1, [])},),
    ({"b": (2, []), "a": (2, [])},),
    ({"a": (4, []), "b": (3, []), "c": (2, ["a", "b"])},),
    ({"a": (4, []), "b": (4, []), "c": (2, ["b", "a"])},),
    ({"a": (1, []), "b": (1, ["a"]), "c": (1, ["a", "b"]), "d": (1, ["c", "a"])},),
    ({"z": (1, []), "y": (2, ["z"]), "x": (3, ["y"]), "w": (9, [])},),
    ({"z": (1, []), "y": (2, ["z"]), "b": (5, ["z"]), "x": (1, ["b", "y"])},),
    ({"a": (3, []), "b": (1, ["a"]), "c": (1, ["a"]), "d": (1, ["b", "c"])},),
]


def generate(rng):
    names = rng.sample("abcdefgh", rng.randrange(1, 9))
    tasks = {}
    for place, name in enumerate(names):
        needs = rng.sample(names[:place], min(place, rng.choice([0, 1, 1, 2, 2, 3])))
        tasks[name] = (rng.choice([1, 1, 2, 3, 5]), needs)
    return (tasks,)


RIGHT = [
    [
        (
            "        begin = 0\n        for need in needs:\n"
            "            begin = max(begin, finish_time(need, tasks, finished))\n",
            "        begin = max((finish_time(need, tasks, finished) for need in needs), default=0)\n",
        ),
    ],
    [("path[::-1]", "list(reversed(path))")],
    [
        (
            "        path.append(latest(tasks[path[-1]][1], finished))\n",
            "        path.append(latest(tasks[path[-1]][1], finished))\n    path.reverse()\n",
        ),
        ("path[::-1]", "path"),
    ],
]

WRONG = [
    [("begin = max(begin, finish_time(need, tasks, finished))", "begin = finish_time(need, tasks, finished)")],
    [
        (
            "begin = max(begin, finish_time(need, tasks, finished))",
            "begin = max(begin, tasks[need][0]) if finish_time(need, tasks, finished) else 0",
        ),
    ],
    [("path[::-1]", "sorted(path)")],
]
