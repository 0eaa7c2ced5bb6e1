"""The editor's tools: reading and changing files of the workspace, and the check before an edit is done."""

import json
import os
import string
import tomllib

from shared.files import FileTrouble, inside, listing, numbered, read_text
from shared.prompts import fenced, shortened
from shared.tools import Finished, ToolError

READ_CHARS = 20_000
MAX_FILE_CHARS = 200_000
MAX_TROUBLES = 8


class Workshop:
    """The workspace under the model's hands; `changed` are the paths that it touched."""

    def __init__(self, request):
        self.workspace = request["workspace"]
        self.places = {"workspace": self.workspace, "mate": request.get("mate")}
        self.places |= {os.path.basename(entry["folder"]): entry["folder"] for entry in request["evidence"]}
        self.before = roles(self.workspace)
        self.changed = set()

    def functions(self):
        """Return the tools' functions by name."""
        return {name: getattr(self, name) for name in ("read", "write", "replace", "delete", "done")}

    def read(self, file, place="workspace", first=1, last=None):
        """Return numbered lines of a file."""
        root = self.places.get(place)
        if root is None:
            known = ", ".join(name for name, folder in self.places.items() if folder)
            raise ToolError(f"there is no place {place!r}; there are {known}")
        return fenced(shortened(numbered(_text(root, file), first, last), READ_CHARS))

    def write(self, file, text):
        """Make a file, or give it a new text."""
        if len(text) > MAX_FILE_CHARS:
            raise ToolError(f"more than {MAX_FILE_CHARS} characters")
        full = _inside(self.workspace, file)
        try:
            os.makedirs(os.path.dirname(full), exist_ok=True)
            with open(full, "w", encoding="utf-8", newline="") as out:
                out.write(text)
        except OSError as error:
            raise ToolError(f"{file}: {error.strerror}") from None
        self.changed.add(file)
        return f"{file} is written"

    def replace(self, file, old, new):
        """Replace a piece of text that occurs exactly once."""
        text = _text(self.workspace, file)
        count = text.count(old)
        if count != 1:
            raise ToolError(f"`old` occurs {count} times in {file}; it must occur exactly once")
        return self.write(file, text.replace(old, new))

    def delete(self, file):
        """Delete a file."""
        try:
            os.unlink(_inside(self.workspace, file))
        except OSError as error:
            raise ToolError(f"{file}: {error.strerror}") from None
        self.changed.add(file)
        return f"{file} is deleted"

    def done(self, tried, why):
        """End the work, if the workspace is sound."""
        found = troubles(self.workspace, self.before)
        if found:
            raise ToolError("; ".join(found))
        raise Finished({"tried": " ".join(tried.split()), "why": why})


def troubles(workspace, before) -> list:
    """Return what the engine, Python or a role could not read in the workspace; `before` are the roles as they were."""
    found = [trouble for path in listing(workspace) if (trouble := _trouble(workspace, path))]
    after = roles(workspace)
    if after is None:
        found.append("workspace.toml: it is not there, not TOML, or without roles")
    elif before and {name: table.get("kind") for name, table in after.items()} != {
        name: table.get("kind") for name, table in before.items()
    }:
        found.append(f"workspace.toml: the roles and their kinds must stay as they were: {', '.join(before)}")
    found += [f"workspace.toml: role {name} sees no file" for name in after or {} if not _sees(workspace, after[name])]
    return found[:MAX_TROUBLES]


def roles(workspace):
    """Return the tables of the workspace's roles by name, None where they cannot be read."""
    try:
        found = tomllib.loads(read_text(workspace, "workspace.toml"))["roles"]
    except (FileTrouble, tomllib.TOMLDecodeError, KeyError):
        return None
    return found if isinstance(found, dict) and all(isinstance(table, dict) for table in found.values()) else None


def _sees(workspace, table):
    """Tell whether at least one of the role's folders is there."""
    folders = table.get("folders")
    return isinstance(folders, list) and any(os.path.exists(os.path.join(workspace, str(name))) for name in folders)


def _trouble(workspace, path):
    """Return why a file cannot be used for what its name says, None if it can."""
    if not path.endswith((".py", ".json", ".md")):
        return None
    try:
        text = read_text(workspace, path)
        if path.endswith(".py"):
            compile(text, path, "exec", dont_inherit=True)
        elif path.endswith(".json"):
            json.loads(text)
        elif "/prompts/" in path and not string.Template(text).is_valid():
            return f"{path}: a lone $; write $$ for a dollar sign"
    except (FileTrouble, SyntaxError, ValueError, RecursionError) as error:
        return f"{path}: {error}"
    return None


def _inside(root, file):
    try:
        return inside(root, file)
    except FileTrouble as trouble:
        raise ToolError(str(trouble)) from None


def _text(root, file):
    try:
        return read_text(root, file)
    except FileTrouble as trouble:
        raise ToolError(str(trouble)) from None
