def apply_movements(stock, movements):
    levels = dict(stock)
    for article, change in movements:
        level = levels.get(article, 0) + change
        if level <= 0:
            raise ValueError(f"not enough {article} in stock")
        levels[article] = level
    return {article: level for article, level in levels.items() if level}
