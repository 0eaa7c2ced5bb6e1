def words_of(title):
    words = []
    current = ""
    for character in title.lower().replace("'", ""):
        if character.isascii() and character.isalnum():
            current += character
        elif current:
            words.append(current)
            current = ""
    if current:
        words.append(current)
    return words


def slugify(title, limit):
    words = words_of(title)
    if not words:
        return ""
    slug = words[0][:limit]
    for word in words[1:]:
        if len(slug) + 1 + len(word) > limit:
            break
        slug += "-" + word
    return slug
