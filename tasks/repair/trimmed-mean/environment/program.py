def trimmed_mean(values, percent):
    if not 0 <= percent < 50:
        raise ValueError("percent must be in 0..49")
    if not values:
        return None
    ordered = sorted(values)
    cut = len(ordered) * percent // 100
    kept = ordered[cut : -cut]
    return sum(kept) / len(kept)
