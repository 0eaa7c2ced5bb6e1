"""`find_cycle(imports)` finds modules that import each other in a circle.

`imports` maps the name of a module to the list of names that it imports; a name that is no key imports nothing. The
search starts at the keys in alphabetical order and follows the imports of a module in the order of its list, depth
first, and never follows the imports of a module twice. The first time that it meets an import of a module whose own
imports are still being followed, the result is the circle: the list of modules from that module on, each importing the
next one, up to and including that module again. A module that imports itself gives `[name, name]`. Without a circle
the result is an empty list.
"""

TOPIC = "graphs"

SOLUTION = '''
def find_cycle(imports):
    state = {}
    path = []

    def visit(module):
        state[module] = "open"
        path.append(module)
        for target in imports.get(module, []):
            if state.get(target) == "open":
                return path[path.index(target):] + [target]
            if target not in state:
                cycle = visit(target)
                if cycle:
                    return cycle
        state[module] = "done"
        path.pop()
        return []

    for start in sorted(imports):
        if start not in state:
            cycle = visit(start)
            if cycle:
                return cycle
    return []
'''.lstrip()

FAULTS = [('        state[module] = "done"\n        path.pop()\n', '        state[module] = "done"\n')]

ENTRY = "find_cycle"

VISIBLE = [
    ({"app": ["views"], "views": ["models"], "models": ["app"]},),
    ({"app": ["log", "views"], "views": ["app"]},),
    ({"a": ["b", "c"], "b": ["c"]},),
    ({"tool": ["tool"]},),
]

EDGES = [
    ({},),
    ({"a": []},),
    ({"a": ["b", "c"], "b": ["d"], "d": [], "c": ["a"]},),
    ({"a": ["b", "c"], "b": ["d", "e"], "c": ["f", "a"]},),
    ({"a": ["b"], "b": ["c", "d"], "c": [], "d": ["b"]},),
    ({"a": ["b"], "c": ["d", "b", "c"]},),
    ({"a": ["x"], "b": ["y", "c"], "c": ["a", "b"], "y": ["x"]},),
    ({"a": ["b", "c"], "b": ["d"], "c": ["d", "e"], "d": ["e"]},),
    ({"m": ["n", "o"], "n": ["p"], "p": ["q"], "q": [], "o": ["p", "r"], "r": ["m"]},),
]


def generate(rng):
    names = list("abcdefgh")[: rng.randrange(2, 9)]
    imports = {}
    for place, name in enumerate(names):
        if rng.random() < 0.85:
            later = names[place + 1:]
            targets = rng.sample(later, rng.randrange(min(3, len(later)) + 1))
            if rng.random() < 0.3:
                targets.append(rng.choice(names))
            if rng.random() < 0.3:
                targets.insert(0, rng.choice(["os", "re"]))
            imports[name] = targets
    return (imports,)


RIGHT = [
    [("        path.pop()\n", "        path.remove(module)\n")],
    [
        ("    path = []\n", ""),
        ("def visit(module):", "def visit(module, path):"),
        ("        path.append(module)\n", "        path = path + [module]\n"),
        ("visit(target)", "visit(target, path)"),
        ("        path.pop()\n", ""),
        ("visit(start)", "visit(start, [])"),
    ],
]

WRONG = [
    [("        path.pop()\n", "        if not imports.get(module):\n            path.pop()\n")],
    [
        ("        path.pop()\n", ""),
        ("return path[path.index(target):] + [target]", "return [name for name in path[path.index(target):] if name in imports] + [target]"),
    ],
]
