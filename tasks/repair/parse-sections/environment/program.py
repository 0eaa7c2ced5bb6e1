def parse_sections(text):
    sections = {}
    current = ""
    key = None
    for raw in text.split("\n"):
        line = raw.strip()
        if not line or line[0] in "#;":
            continue
        if raw[0] in " \t" and key is not None:
            sections[current][key] += " " + line
        elif line.startswith("[") and line.endswith("]"):
            current = line[1:-1].strip()
            sections.setdefault(current, {})
        elif "=" in line:
            name, _, value = line.partition("=")
            key = name.strip().lower()
            sections.setdefault(current, {})[key] = value.strip()
        else:
            raise ValueError("not a setting: " + line)
    return sections
