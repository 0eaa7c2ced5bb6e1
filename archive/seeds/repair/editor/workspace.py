"""A workspace as the editor sees it: files on disk, with the changes of an edit laid over them until it is accepted."""

import os
import re
import tomllib

import editor.planfile as planfile

MAX_FILE_BYTES = 200_000
KIND_LINE = re.compile(r'^KIND = "([a-z_]+)"', re.MULTILINE)
LIBRARY = "parts"


class Workspace:
    """Read-only view of a workspace folder plus `changes`: {relative path: new text, or None for "deleted"}."""

    def __init__(self, root, changes=None):
        self.root = root
        self.changes = dict(changes or {})
        self._roles = None
        self._kinds = {}

    def changed(self, changes):
        """Return this workspace with more changes laid over it."""
        made = Workspace(self.root, {**self.changes, **changes})
        made._kinds = {path: kind for path, kind in self._kinds.items() if path not in changes}
        return made

    def read(self, path):
        """Return a file's text, or None when it is absent, too large or not text."""
        if path in self.changes:
            return self.changes[path]
        full = os.path.join(self.root, path)
        try:
            if os.path.getsize(full) > MAX_FILE_BYTES:
                return None
            with open(full, encoding="utf-8", newline="") as file:
                return file.read()
        except (OSError, ValueError):
            return None

    def modules(self, folder):
        """Return the sorted paths of all Python files under `folder`."""
        found = set()
        for base, folders, names in os.walk(os.path.join(self.root, folder)):
            folders[:] = sorted(name for name in folders if name != "__pycache__")
            found.update(os.path.relpath(os.path.join(base, name), self.root) for name in names)
        found.update(path for path in self.changes if path.startswith(folder + "/"))
        return sorted(path for path in found if path.endswith(".py") and self.read(path) is not None)

    def roles(self):
        """Return {role: folder of its machinery} of the roles whose command is ``python3 -m <folder>``."""
        if self._roles is None:
            self._roles = _read_roles(self.read("workspace.toml") or "")
        return self._roles

    def plan(self, folder):
        """Return the Plan of one role's folder, or None when there is none that keeps the convention."""
        text = self.read(f"{folder}/plan.py")
        try:
            return None if text is None else planfile.parse(text)
        except planfile.PlanError:
            return None

    def kind(self, path):
        """Return the KIND that a part's file declares, or None."""
        if path not in self._kinds:
            found = KIND_LINE.search(self.read(path) or "")
            self._kinds[path] = found and found[1]
        return self._kinds[path]

    def library(self, kind):
        """Return the sorted (folder, name) of the parts of one kind in the parts library."""
        found = []
        for path in self.modules(LIBRARY):
            pieces = path.split("/")
            if len(pieces) == 3 and pieces[2] != "__init__.py" and self.kind(path) == kind:
                found.append((pieces[1], pieces[2][:-3]))
        return found


def _read_roles(text):
    try:
        roles = tomllib.loads(text).get("roles", {})
        found = {}
        for role, manifest in roles.items():
            command = manifest["command"]
            found[role] = command[command.index("-m") + 1]
        return found
    except (tomllib.TOMLDecodeError, KeyError, ValueError, IndexError, TypeError, AttributeError):
        return {}


def problem(workspace):
    """Return what is wrong with a workspace's changed files, or None: each must parse, each plan's parts must exist."""
    for path, text in workspace.changes.items():
        if text is None or not path.endswith(".py"):
            continue
        try:
            compile(text, path, "exec", dont_inherit=True)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            return f"{path}: {error}"
    for folder in workspace.roles().values():
        if not any(path.startswith(folder + "/") for path in workspace.changes):
            continue
        plan = workspace.plan(folder)
        if plan is None:
            return f"{folder}/plan.py breaks the plan's convention"
        for alias, (package, module) in plan.imports.items():
            if workspace.read(f"{package.replace('.', '/')}/{module}.py") is None:
                return f"{folder}/plan.py: {alias} is imported and does not exist"
    return None
