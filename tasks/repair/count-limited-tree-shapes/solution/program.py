from functools import lru_cache


@lru_cache(maxsize=None)
def tree_shapes(nodes, height):
    if nodes == 0:
        return 1
    if height == 0:
        return 0
    count = 0
    for left in range(nodes):
        right = nodes - 1 - left
        count += tree_shapes(left, height - 1) * tree_shapes(right, height - 1)
    return count
