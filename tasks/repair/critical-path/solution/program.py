def finish_time(name, tasks, finished):
    if name not in finished:
        duration, needs = tasks[name]
        begin = 0
        for need in needs:
            begin = max(begin, finish_time(need, tasks, finished))
        finished[name] = begin + duration
    return finished[name]


def latest(names, finished):
    return min(names, key=lambda name: (-finished[name], name))


def critical_path(tasks):
    if not tasks:
        return 0, []
    finished = {}
    for name in tasks:
        finish_time(name, tasks, finished)
    last = latest(tasks, finished)
    path = [last]
    while tasks[path[-1]][1]:
        path.append(latest(tasks[path[-1]][1], finished))
    return finished[last], path[::-1]
