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
