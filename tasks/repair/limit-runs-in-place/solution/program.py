def limit_runs(values, keep):
    write = 0
    run = 1
    previous = None
    for value in list(values):
        if value == previous:
            run += 1
        else:
            run = 1
            previous = value
        if run <= keep:
            values[write] = value
            write += 1
    removed = len(values) - write
    del values[write:]
    return removed
