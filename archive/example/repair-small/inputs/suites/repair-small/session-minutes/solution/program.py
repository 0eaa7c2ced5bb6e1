def session_minutes(events, closing):
    opened = {}
    minutes = {}
    for minute, user, action in events:
        minutes.setdefault(user, 0)
        if action == "in":
            opened.setdefault(user, minute)
        elif user in opened:
            minutes[user] += minute - opened[user]
            del opened[user]
    for user in opened:
        minutes[user] += closing - opened[user]
    return minutes
