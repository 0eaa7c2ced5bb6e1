"""`targets_to_rebuild(needs, changed, frozen)` returns which targets of a build must be made again, sorted.

`needs` maps each target to the list of what it is made from: source files and other targets. `changed` lists the
sources or targets that were changed by hand. A target must be made again when something that it is made from was
changed or must itself be made again (so it does not matter that a target is in `changed`, unless it is also made from
such a thing). Targets in the list `frozen` are never made again, and so they do not cause others to be. `needs` may
be circular.
"""

TOPIC = "graphs"

SOLUTION = '''
def users_of(needs):
    users = {}
    for target, sources in needs.items():
        for source in sources:
            users.setdefault(source, []).append(target)
    return users


def targets_to_rebuild(needs, changed, frozen):
    users = users_of(needs)
    stale = set()
    pending = list(changed)
    while pending:
        name = pending.pop()
        for target in users.get(name, []):
            if target in stale or target in frozen:
                continue
            stale.add(target)
            pending.append(target)
    return sorted(stale)
'''.lstrip()

FAULTS = [("target in frozen", "name in frozen"), ("pending.append(target)", "pending.append(name)")]

ENTRY = "targets_to_rebuild"

VISIBLE = [
    ({"app": ["main", "lib"], "doc": ["text"]}, ["main"], []),
    ({"lib": ["a", "b"], "app": ["lib", "c"]}, ["b"], []),
    ({"x": ["s"], "y": ["s"]}, ["s"], ["x"]),
]

EDGES = [
    ({}, ["a"], []),
    ({"a": ["b"]}, [], []),
    ({"a": ["b"]}, ["a"], []),
    ({"a": ["b"], "b": ["a"]}, ["a"], []),
    ({"a": ["b"], "b": ["a"]}, ["a"], ["a"]),
    ({"a": ["b"]}, ["b"], ["b"]),
    ({"a": ["b"], "c": ["a"]}, ["b"], ["b", "c"]),
    ({"a": ["b"], "c": ["a"]}, ["b"], ["a"]),
    ({"a": ["s"], "b": ["a"], "c": ["b"], "d": ["c"]}, ["s"], []),
    ({"a": ["s"], "b": ["a"], "c": ["b"], "d": ["c", "a"]}, ["s"], ["c"]),
]


def generate(rng):
    names = "abcdefghs"[-rng.randrange(3, 10) :]
    needs = {}
    for place, name in enumerate(names[:-1]):
        later = names[place + 1 :] if rng.random() < 0.9 else names
        needs[name] = rng.sample(later, min(len(later), rng.choice([1, 1, 2, 3])))
    changed = [rng.choice(names[len(names) // 2 :]) for _ in range(rng.choice([0, 1, 1, 2]))]
    return needs, changed, [name for name in names if rng.random() < 0.2]


RIGHT = [
    [
        (
            "            if target in stale or target in frozen:\n                continue\n"
            "            stale.add(target)\n            pending.append(target)\n",
            "            if target not in stale and target not in frozen:\n"
            "                pending.append(target)\n                stale.add(target)\n",
        )
    ],
    [("            pending.append(target)\n", "            pending += [target]\n")],
]

WRONG = [
    [
        (
            "            if target in stale or target in frozen:\n",
            "            if target in stale or name in frozen:\n",
        ),
        ("return sorted(stale)", "return sorted(stale - set(frozen))"),
    ],
    [("            pending.append(target)\n", "            stale.update(users.get(target, []))\n")],
    [("target in frozen", "target in frozen or name in frozen")],
]
