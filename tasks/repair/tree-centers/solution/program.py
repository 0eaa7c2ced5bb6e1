def tree_centers(count, edges):
    neighbours = [set() for _ in range(count)]
    for a, b in edges:
        neighbours[a].add(b)
        neighbours[b].add(a)
    leaves = [node for node in range(count) if len(neighbours[node]) <= 1]
    remaining = count
    while remaining > 2:
        remaining -= len(leaves)
        inner = []
        for leaf in leaves:
            parent = neighbours[leaf].pop()
            neighbours[parent].remove(leaf)
            if len(neighbours[parent]) == 1:
                inner.append(parent)
        leaves = inner
    return sorted(leaves)
