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
