def overlay(base, changes):
    merged = dict(base)
    for key, value in changes.items():
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, dict):
            current = merged.get(key)
            if not isinstance(current, dict):
                current = {}
            merged[key] = overlay(current, value)
        else:
            merged[key] = value
    return merged


def effective_config(layers):
    config = {}
    for layer in layers:
        config = overlay(config, layer)
    return config
