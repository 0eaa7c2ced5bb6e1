def find_cycle(imports):
    state = {}
    path = []

    def visit(module):
        state[module] = "open"
        path.append(module)
        for target in imports.get(module, []):
            if state.get(target) == "open":
                return path[path.index(target):] + [target]
            if target not in state:
                cycle = visit(target)
                if cycle:
                    return cycle
        state[module] = "done"
        path.pop()
        return []

    for start in sorted(imports):
        if start not in state:
            cycle = visit(start)
            if cycle:
                return cycle
    return []
