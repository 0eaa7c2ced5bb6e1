"""`task new`: a task folder that passes `task check` at once, to be edited into one's own."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

import tomli_w

from rqgm.core.errors import ConfigError
from rqgm.tasks.task import NAME

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable
    from pathlib import Path

TEMPLATE = "templates/task"
EDIT = (
    ("instruction.md", "what an agent is asked to do"),
    ("environment/", "what it finds in /app: its files, and visible.json with the tests it may see"),
    ("tests/cases.json", "the hidden tests (tests/verify.py says how cases are written; any tests/test.sh will do)"),
    ("solution/", "a solution: `rqgm task check` proves with it that the tests can be passed"),
    ("task.toml", "limits, artifacts and pool"),
)


def new_task(folder: Path) -> list[Path]:
    """Write a task into `folder`, and a ``suite.toml`` beside it if there is none; return the files made.

    Raises ConfigError if the folder is there already or its name is no task name.
    """
    if not NAME.fullmatch(folder.name):
        raise ConfigError(f"{folder.name!r} is not a task name (letters, digits, '.', '_', '-')")
    if folder.exists():
        raise ConfigError(f"{folder}: is there already; choose another name")
    package = files("rqgm.tasks")
    contents = dict(_texts(package / TEMPLATE, ""))
    contents["tests/verify.py"] = (package / "verify_cases.py").read_text()
    made = [_write(folder / name, text.replace("{name}", folder.name)) for name, text in contents.items()]
    suite = folder.parent / "suite.toml"
    if not suite.exists():
        made.append(_write(suite, _suite_text(folder.parent.resolve().name)))
    return made


def _texts(folder: Traversable, prefix: str) -> list[tuple[str, str]]:
    """Return the template's files; Python is kept as ``.py.txt``, because it is not part of this package."""
    found = []
    for entry in sorted(folder.iterdir(), key=lambda item: item.name):
        if entry.is_dir():
            found += _texts(entry, f"{prefix}{entry.name}/")
        else:
            found.append((prefix + entry.name.removesuffix(".txt"), entry.read_text()))
    return found


def _write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755 if path.suffix == ".sh" else 0o644)
    return path


def _suite_text(name: str) -> str:
    plain = "".join(char if char.isalnum() and char.isascii() else "-" for char in name.lower()).strip("-")
    return tomli_w.dumps(
        {
            "schema_version": 1,
            "name": plain[:60] or "mine",
            "kind": "solving",
            "description": "",
            "licence": "to be chosen",
            "source": "written here",
        }
    )
