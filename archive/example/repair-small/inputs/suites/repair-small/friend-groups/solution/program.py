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
