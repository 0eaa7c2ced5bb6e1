"""Projects: a user's own shelves, and the check of everything on them."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import tomli_w

from rqgm.core.errors import ConfigError, RqgmError
from rqgm.judging.panel import load_panel
from rqgm.roles.manifest import parse_manifest
from rqgm.run.experiment import load_experiment
from rqgm.run.lock import resolve
from rqgm.run.shelves import PROJECT_FILE, shipped_root
from rqgm.sandbox.profile import load_profile
from rqgm.tasks.suite import load_suite

if TYPE_CHECKING:
    from pathlib import Path

    from rqgm.run.shelves import Kind, Shelves

READMES = {
    "judges": "Panels: <panel>/panel.toml.",
    "tasks": "Suites: <suite>/suite.toml and tasks in Harbor's format; `rqgm task new|import` make them.",
    "sandboxes": "Profiles: <profile>/profile.toml and a Dockerfile.",
    "archive": "Seed workspaces in seeds/<name>/; runs are written to runs/.",
}


PROJECT = """# This folder is an rqgm project; its shelves come before those that ship.
schema_version = 1
default_experiment = "mine"
"""


def make_project(folder: Path) -> list[Path]:
    """Make a project in `folder` and return what was made; nothing is overwritten. ConfigError if there is one."""
    if (folder / PROJECT_FILE).exists():
        raise ConfigError(f"{folder / PROJECT_FILE}: there is a project here already")
    made = []
    for shelf, text in READMES.items():
        (folder / shelf).mkdir(parents=True, exist_ok=True)
        made.append(_write(folder / shelf / "README.md", text + "\n"))
    (folder / "archive" / "seeds").mkdir(exist_ok=True)
    experiment = tomllib.loads((shipped_root() / "experiments" / "repair.toml").read_text())
    experiment |= {"name": "mine", "description": "A copy of the shipped experiment `repair`, to edit."}
    (folder / "experiments").mkdir(exist_ok=True)
    made.append(_write(folder / "experiments" / "mine.toml", tomli_w.dumps(experiment)))
    made.append(_write(folder / ".gitignore", "archive/runs/\n"))
    made.append(_write(folder / PROJECT_FILE, PROJECT))
    return made


def _write(path: Path, text: str) -> Path:
    if not path.exists():
        path.write_text(text)
    return path


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was checked; `error` is None if it is right."""

    kind: str
    name: str
    path: str
    error: str | None


def validate(shelves: Shelves, experiment: str | None = None) -> list[Finding]:
    """Check every shelf and every experiment (or just one experiment and what it names)."""
    findings: list[Finding] = []
    kinds: tuple[Kind, ...] = ("workspace", "suite", "panel", "profile", "experiment")
    if experiment is not None:
        place = shelves.find("experiment", experiment)
        return [_check("experiment", experiment, place.path, shelves)]
    for kind in kinds:
        findings += [_check(kind, name, place.path, shelves) for name, place in shelves.names(kind).items()]
    if shelves.project is not None and shelves.project_file.default_experiment not in shelves.names("experiment"):
        path = shelves.project / PROJECT_FILE
        known = ", ".join(shelves.names("experiment"))
        findings.append(
            Finding("project", "rqgm.toml", str(path), f"{path}: default_experiment: unknown. Known: {known}")
        )
    return findings


def _check(kind: Kind, name: str, path: Path, shelves: Shelves) -> Finding:
    try:
        if kind == "workspace":
            parse_manifest(shelves.tree(path), str(path))
        elif kind == "suite":
            _ = load_suite(path).hash
        elif kind == "panel":
            load_panel(path, shelves.workspace)
        elif kind == "profile":
            load_profile(path)
        else:
            resolve(load_experiment(path), shelves)
    except RqgmError as error:
        return Finding(kind, name, str(path), str(error))
    return Finding(kind, name, str(path), None)
