def entries(start, end):
    if end - start >= 2:
        return [f"{start}-{end}"]
    return [str(page) for page in range(start, end + 1)]


def format_pages(pages):
    ordered = sorted(pages)
    if not ordered:
        return ""
    parts = []
    start = end = ordered[0]
    for page in ordered[1:]:
        if page == end + 1:
            end = page
        else:
            parts.extend(entries(start, end))
            start = end = page
    parts.extend(entries(start, end))
    return ", ".join(parts)
