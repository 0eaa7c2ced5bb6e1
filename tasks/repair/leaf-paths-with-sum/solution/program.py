def leaf_paths(tree, target):
    value, *branches = tree
    if not branches:
        return [[value]] if value == target else []
    paths = []
    for branch in branches:
        for path in leaf_paths(branch, target - value):
            paths.append([value] + path)
    return paths
