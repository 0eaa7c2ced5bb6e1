def parse_accept(header):
    qualities = {}
    for entry in header.lower().split(","):
        name, *parameters = [piece.strip() for piece in entry.split(";")]
        if not name:
            continue
        quality = 1.0
        for parameter in parameters:
            key, _, value = parameter.partition("=")
            if key.strip() == "q":
                quality = float(value)
        qualities[name] = quality
    return qualities or {"*/*": 1.0}


def quality_of(media_type, qualities):
    family = media_type.split("/")[0]
    for pattern in (media_type, family + "/*", "*/*"):
        if pattern in qualities:
            return qualities[pattern]
    return 0.0


def pick_media_type(header, offered):
    qualities = parse_accept(header)
    best, best_quality = None, 0.0
    for media_type in offered:
        quality = quality_of(media_type, qualities)
        if quality > best_quality:
            best, best_quality = media_type, quality
    return best
