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
