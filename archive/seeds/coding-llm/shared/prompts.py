"""Prompts: files ``prompts/NAME.md`` beside a role's code, in which ``$word`` stands for a value.

The values must be exactly those that the file names. They are put in as they are: a ``$`` in a value is a ``$``.
"""

import hashlib
import string


def prompt(folder, name, **values) -> str:
    """Return a role's prompt with the values put in."""
    path = f"{folder}/prompts/{name}.md"
    with open(path, encoding="utf-8") as file:
        template = string.Template(file.read())
    names = set(template.get_identifiers())
    if names != values.keys():
        raise KeyError(f"{path} names {sorted(names)}, given are {sorted(values)}")
    return template.substitute(values).strip()


def fenced(text) -> str:
    """Return untrusted text between two fences that it cannot contain: each bears the text's own hash."""
    text = str(text).encode("utf-8", "replace").decode()
    mark = hashlib.sha256(text.encode()).hexdigest()[:16]
    return f"<data {mark}>\n{text}\n</data {mark}>"


def shortened(text, limit) -> str:
    """Return at most about `limit` characters of a text: its head and its tail."""
    if len(text) <= limit:
        return text
    half = limit // 2
    return f"{text[:half]}\n[... {len(text) - 2 * half} characters left out ...]\n{text[-half:]}"
