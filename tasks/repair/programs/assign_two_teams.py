"""`assign_two_teams(players, rivals)` puts players in team 1 or 2 so that no two rivals are in the same team.

`players` is a list of different names, `rivals` a list of `(name, name)` tuples of players; rivalry is mutual, pairs
may be repeated. The result maps every player to 1 or 2, or is None if it is impossible (also if somebody is their own
rival). Of each set of players who are linked by rivalries (directly or through others), the one who is first in
`players` is in team 1; so is a player without rivals.
"""

TOPIC = "graphs"

SOLUTION = '''
def assign_two_teams(players, rivals):
    against = {player: [] for player in players}
    for one, other in rivals:
        against[one].append(other)
        against[other].append(one)
    team = {}
    for first in players:
        if first in team:
            continue
        team[first] = 1
        waiting = [first]
        while waiting:
            player = waiting.pop()
            for rival in against[player]:
                if rival not in team:
                    team[rival] = 3 - team[player]
                    waiting.append(rival)
                elif team[rival] == team[player]:
                    return None
    return team
'''.lstrip()

FAULTS = [("team[rival] = 3 - team[player]", "team[rival] = 3 - team[first]")]

ENTRY = "assign_two_teams"

VISIBLE = [
    (["a", "b", "c"], [("b", "a")]),
    (["a", "b", "c"], [("a", "b"), ("b", "c")]),
    (["x", "y", "z"], [("x", "y"), ("y", "z"), ("z", "x")]),
]

EDGES = [
    ([], []),
    (["a"], [("a", "a")]),
    (["a", "b", "c", "d"], [("a", "b"), ("b", "c"), ("c", "d")]),
    (["a", "b", "c", "d"], [("d", "b"), ("b", "c"), ("c", "a")]),
    (["a", "b", "c", "d"], [("a", "b"), ("b", "c"), ("c", "d"), ("d", "a")]),
    (["a", "b", "c", "d", "e"], [("a", "b"), ("b", "c"), ("c", "d"), ("d", "e"), ("e", "a")]),
    (["a", "b", "c", "d", "e"], [("a", "b"), ("c", "d"), ("d", "e")]),
    (["a", "b", "c", "d"], [("a", "b"), ("a", "c"), ("a", "d")]),
    (["a", "b", "c", "d"], [("a", "d"), ("b", "c"), ("c", "b"), ("b", "c")]),
]


def generate(rng):
    players = list("abcdefg"[: rng.randrange(2, 8)])
    rng.shuffle(players)
    side = {player: rng.randrange(2) for player in players}
    pairs = [tuple(rng.sample(players, 2)) for _ in range(rng.randrange(1, len(players) + 3))]
    if rng.random() < 0.7:
        pairs = [(one, other) for one, other in pairs if side[one] != side[other]]
    return players, pairs


RIGHT = [
    [("team[rival] = 3 - team[player]", "team[rival] = 2 if team[player] == 1 else 1")],
    [("team[rival] = 3 - team[player]", "team[rival] = team[player] % 2 + 1")],
]

WRONG = [
    [("team[rival] = 3 - team[player]", "team[rival] = 2 if player == first else 1")],
    [("team[rival] = 3 - team[player]", "team[rival] = 1 + len(team) % 2")],
    [
        (
            "                elif team[rival] == team[player]:\n",
            "                elif team[rival] == team[player] == 2:\n",
        ),
    ],
]
