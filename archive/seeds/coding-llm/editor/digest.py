"""The workspace as a model is first shown it: all names, and the contents of the files that matter most."""

import tomllib

from shared.files import FileTrouble, listing, read_text
from shared.prompts import fenced


def tree(workspace) -> str:
    """Return the names and sizes of all files."""
    return fenced("\n".join(f"{path} ({size} bytes)" for path, size in listing(workspace).items()))


def digest(workspace, failing, limit) -> str:
    """Return contents, as many as `limit` characters hold: the manifest, then the folders of roles that fail most."""
    chosen, left = [], limit
    for path in _ordered(workspace, failing):
        try:
            text = read_text(workspace, path)
        except FileTrouble:
            continue
        if len(text) <= left:
            left -= len(text)
            chosen.append(f"{path}:\n{fenced(text)}")
    return "\n\n".join(chosen)


def _ordered(workspace, failing):
    """Return all paths; those of roles that fail often come first, a role's own folder before what it shares."""
    folders = _folders(workspace)
    often = sorted(set(failing), key=lambda role: (-failing.count(role), role))
    wanted = ["workspace.toml"] + [folder for role in often for folder in folders.get(role, [role])]
    rank = {folder: number for number, folder in reversed(list(enumerate(wanted)))}
    return sorted(listing(workspace), key=lambda path: (rank.get(path.split("/")[0], len(wanted)), path))


def _folders(workspace):
    try:
        roles = tomllib.loads(read_text(workspace, "workspace.toml"))["roles"]
        return {role: list(table["folders"]) for role, table in roles.items()}
    except (FileTrouble, tomllib.TOMLDecodeError, KeyError, TypeError):
        return {}
