def find_root(parent, node):
    while parent[node] != node:
        parent[node] = parent[parent[node]]
        node = parent[node]
    return node


def largest_network(cables):
    parent = {}
    size = {}
    largest = 0
    history = []
    for ends in cables:
        for end in ends:
            parent.setdefault(end, end)
            size.setdefault(end, 1)
        first, second = (find_root(parent, end) for end in ends)
        if first != second:
            parent[second] = first
        size[first] += size[second]
        largest = max(largest, size[first])
        history.append(largest)
    return history
