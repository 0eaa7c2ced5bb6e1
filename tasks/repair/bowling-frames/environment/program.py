def frame_scores(rolls):
    scores = []
    total = 0
    i = 0
    while i < len(rolls):
        if rolls[i] == 10:
            used, needed = 1, 3
        elif sum(rolls[i:i + 2]) == 10:
            used, needed = 2, 3
        else:
            used, needed = 2, 2
        if i + needed >= len(rolls):
            break
        total += sum(rolls[i:i + needed])
        scores.append(total)
        i += used
    return scores
