def diff_settings(old, new, prefix=""):
    changes = []
    for key in sorted(set(old) | set(new)):
        path = prefix + key
        if key not in new:
            changes.append(("removed", path))
        elif key not in old:
            changes.append(("added", path))
        elif isinstance(old[key], dict) and isinstance(new[key], dict):
            changes.extend(diff_settings(old[key], new[key], path + "."))
        elif old[key] != new[key]:
            changes.append(("changed", path))
    return changes
