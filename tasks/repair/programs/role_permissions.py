"""`permissions_of(assigned, parents, grants, denials)` returns the sorted permissions of a user.

`assigned` lists the user's roles. `parents` maps a role to the list of the roles that it inherits from; inheritance
is transitive and may be circular. A role that is not a key of `parents`, `grants` or `denials` has none of these.
`grants` and `denials` map a role to lists of permissions. The user has a permission when at least one of the assigned
or inherited roles grants it and none of the assigned or inherited roles denies it.
"""

TOPIC = "dicts"

SOLUTION = '''
def collect_roles(role, parents, found):
    if role in found:
        return
    found.append(role)
    for parent in parents.get(role, []):
        collect_roles(parent, parents, found)


def permissions_of(assigned, parents, grants, denials):
    roles = []
    for role in assigned:
        collect_roles(role, parents, roles)
    allowed = set()
    denied = set()
    for role in roles:
        allowed.update(grants.get(role, []))
        denied.update(denials.get(role, []))
    return sorted(allowed - denied)
'''.lstrip()

FAULTS = [
    ("    if role in found:\n        return\n", ""),
    ("denied.update(denials.get(role, []))", "denied = set(denials.get(role, []))"),
]

ENTRY = "permissions_of"

VISIBLE = [
    (["admin"], {"admin": ["staff"]}, {"admin": ["write"], "staff": ["read"]}, {}),
    (["a"], {"a": ["b"], "b": ["a"]}, {"a": ["read"], "b": ["copy"]}, {}),
    (["guest", "staff"], {}, {"staff": ["read", "write"]}, {"guest": ["write"]}),
]

EDGES = [
    ([], {}, {"a": ["read"]}, {}),
    (["a"], {"a": ["a"]}, {"a": ["read"]}, {}),
    (["a"], {"a": ["b"], "b": ["c"], "c": ["d"], "d": ["e"]}, {"e": ["read", "write"]}, {"c": ["write"]}),
    (["a"], {"a": ["b"], "b": ["c"], "c": ["d"], "d": ["b"]}, {"d": ["read"], "a": ["copy"]}, {}),
    (["a"], {"a": ["b"]}, {"a": ["read", "write"]}, {"b": ["read"]}),
    (["a", "b"], {}, {"a": ["read", "write"], "b": ["read"]}, {"a": ["read"], "b": ["write"]}),
    (["a", "b", "c"], {"c": ["a"]}, {"c": ["read", "write", "copy"]}, {"a": ["read"], "b": ["copy"]}),
    (["a", "b"], {"a": ["c"], "b": ["c"], "c": ["a"]}, {"c": ["copy", "read"]}, {"a": ["copy"]}),
]


def generate(rng):
    roles = "abcdef"[: rng.randrange(2, 7)]
    permissions = ["read", "write", "copy", "list", "drop"]
    parents = {role: rng.sample(roles, rng.choice([0, 1, 1, 2])) for role in roles if rng.random() < 0.8}
    grants = {role: rng.sample(permissions, rng.randrange(0, 4)) for role in roles if rng.random() < 0.8}
    denials = {role: rng.sample(permissions, rng.choice([1, 1, 2])) for role in roles if rng.random() < 0.35}
    assigned = [rng.choice(roles) for _ in range(rng.choice([0, 1, 1, 2, 3]))]
    return assigned, parents, grants, denials


RIGHT = [
    [
        ("    if role in found:\n        return\n    found.append(role)\n", "    found.append(role)\n"),
        (
            "        collect_roles(parent, parents, found)\n",
            "        if parent not in found:\n            collect_roles(parent, parents, found)\n",
        ),
    ],
    [("denied.update(denials.get(role, []))", "denied |= set(denials.get(role, []))")],
]

WRONG = [
    [("    if role in found:\n", "    if len(found) > 2:\n")],
    [("denied.update(denials.get(role, []))", "denied = denied or set(denials.get(role, []))")],
    [
        (
            "        denied.update(denials.get(role, []))\n",
            "    for role in assigned:\n        denied.update(denials.get(role, []))\n",
        ),
    ],
]
