"""`judge new`: a panel to be edited into one's own; that of kind `path` passes `judge check` at once."""

from __future__ import annotations

import re
from importlib.resources import files
from typing import TYPE_CHECKING

from rqgm.core.errors import ConfigError, UnknownNameError

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable
    from pathlib import Path

TEMPLATES = {"path": "templates/panel", "model": "templates/model-panel"}
NAME = re.compile(r"[a-z][a-z0-9-]{0,62}")
_PANEL = ("panel.toml", "seats, how their opinions become one verdict, and the threshold")
_README = ("README.md", "what the panel is for, and how far it is to be trusted")
EDIT = {
    "path": (
        _PANEL,
        (
            "seats/first/judge/__main__.py",
            "the judge: reads the request, looks at the artifact, writes verdict and score",
        ),
        ("seats/first/workspace.toml", "how it is started (any language will do) and which folders it sees"),
        _README,
    ),
    "model": (
        _PANEL,
        ("prompts/review.md.j2", "the prompt: what the model is shown, and how it is to judge"),
        ("prompts/care.md.j2", "a part that the prompt includes: what counts as right"),
        _README,
    ),
}
"""What to edit in a panel of each kind, and what is in it."""


def new_panel(folder: Path, kind: str = "path") -> list[Path]:
    """Write a panel into `folder` and return the files made; ConfigError if it is there or is no panel name.

    `kind` says who sits in its seat: ``path``, a program, or ``model``, a language model.
    """
    if kind not in TEMPLATES:
        raise UnknownNameError("kind", kind, TEMPLATES, "--kind")
    if not NAME.fullmatch(folder.name):
        raise ConfigError(f"{folder.name!r} is not a panel name (small letters, digits and '-', a letter first)")
    if folder.exists():
        raise ConfigError(f"{folder}: is there already; choose another name")
    return _copy(files("rqgm.judging") / TEMPLATES[kind], folder, folder.name)


def _copy(source: Traversable, target: Path, name: str) -> list[Path]:
    """Copy the template; Python is kept as ``.py.txt``, because it is not part of this package."""
    made = []
    target.mkdir(parents=True, exist_ok=True)
    for entry in sorted(source.iterdir(), key=lambda item: item.name):
        if entry.is_dir():
            made += _copy(entry, target / entry.name, name)
        else:
            path = target / entry.name.removesuffix(".txt")
            path.write_text(entry.read_text().replace("{name}", name))
            made.append(path)
    return made
