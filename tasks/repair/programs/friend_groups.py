"""`friend_groups(people, friendships)` returns the groups of people who are linked by friendships, directly or
through others.

`people` is a list of different names, `friendships` a list of `(name, name)` tuples of people in that list;
friendship is mutual, and a pair may be repeated or be a name with itself. Each person is in exactly one group, alone
if without friends. A group is a sorted list of names. The larger groups come first, equally large ones in the order
of their first names.
"""

TOPIC = "graphs"

SOLUTION = '''
def friend_groups(people, friendships):
    friends = {person: [] for person in people}
    for one, other in friendships:
        friends[one].append(other)
        friends[other].append(one)
    seen = set()
    groups = []
    for person in people:
        if person in seen:
            continue
        seen.add(person)
        group = [person]
        for member in group:
            for friend in friends[member]:
                if friend not in seen:
                    seen.add(friend)
                    group.append(friend)
        groups.append(sorted(group))
    return sorted(groups, key=lambda group: (-len(group), group))
'''.lstrip()

FAULTS = [("                    seen.add(friend)\n", "")]

ENTRY = "friend_groups"

VISIBLE = [
    (["ann", "bob", "cy"], []),
    (["ann", "bob", "cy", "dee"], [("ann", "cy"), ("bob", "ann")]),
    (["dee", "eve"], [("eve", "eve")]),
]

EDGES = [
    ([], []),
    (["ann", "bob"], [("ann", "bob"), ("bob", "ann")]),
    (["ann", "bob", "cy"], [("ann", "bob"), ("bob", "cy"), ("cy", "ann")]),
    (["ann", "bob", "cy", "dee"], [("ann", "bob"), ("bob", "cy"), ("cy", "dee")]),
    (["ann", "bob", "cy", "dee"], [("ann", "bob"), ("ann", "cy"), ("bob", "dee"), ("cy", "dee")]),
    (["ann", "bob", "cy", "dee"], [("dee", "cy"), ("bob", "ann")]),
    (["ann", "bob", "cy", "dee"], [("dee", "ann"), ("dee", "bob")]),
]


def generate(rng):
    people = ["ann", "bob", "cy", "dee", "eve", "flo", "gus"][: rng.randrange(1, 8)]
    rng.shuffle(people)
    pairs = [(rng.choice(people), rng.choice(people)) for _ in range(rng.randrange(0, len(people) + 2))]
    return people, pairs


RIGHT = [
    [
        (
            "                if friend not in seen:\n                    seen.add(friend)\n"
            "                    group.append(friend)\n",
            "                if friend not in group:\n                    group.append(friend)\n"
            "        seen.update(group)\n",
        ),
    ],
    [("                    seen.add(friend)\n", "                    seen |= {friend}\n")],
]

WRONG = [
    [
        ("                    seen.add(friend)\n", ""),
        (
            "        groups.append(sorted(group))\n",
            "        seen.update(group)\n        groups.append(sorted(group))\n",
        ),
    ],
    [
        ("                    seen.add(friend)\n", ""),
        (
            "            for friend in friends[member]:\n",
            "            seen.add(member)\n            for friend in friends[member]:\n",
        ),
    ],
    [
        (
            "        for member in group:\n            for friend in friends[member]:\n",
            "        for member in group[:1]:\n            for friend in friends[member]:\n",
        ),
    ],
]
