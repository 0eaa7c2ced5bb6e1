"""Shelves: where named content is found. The user's project first, then plug-ins, then what ships."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field

import rqgm
from rqgm.core.errors import ArtifactError, ConfigError, UnknownNameError
from rqgm.core.toml import parse, read_toml
from rqgm.core.trees import check_path, read_tree

if TYPE_CHECKING:
    from rqgm.core.trees import File

PROJECT_FILE = "rqgm.toml"
SEED_FILE = "seed.toml"
MOST_LAYERS = 4

Kind = Literal["experiment", "workspace", "suite", "panel", "profile"]
FOLDERS: dict[Kind, str] = {
    "experiment": "experiments",
    "workspace": "archive",
    "suite": "tasks",
    "panel": "judges",
    "profile": "sandboxes",
}
_MARKERS: dict[Kind, str] = {
    "workspace": "workspace.toml",
    "suite": "suite.toml",
    "panel": "panel.toml",
    "profile": "profile.toml",
}


class ProjectFile(BaseModel):
    """``rqgm.toml``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    schema_version: Literal[1]
    default_experiment: str = "repair"


class SeedFile(BaseModel):
    """``seed.toml`` beside a ``workspace.toml``: the folder holds only what differs from another workspace."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    schema_version: Literal[1]
    extends: str = Field(description="workspace on the shelves, as seeds/repair")
    copies: dict[str, list[str]] = Field(
        default={}, description="folder → files of the extended workspace that stand in it as well"
    )


@dataclass(frozen=True, slots=True)
class Found:
    """Where a name was found: its path, and which shelf that was (project, plug-in's name, or shipped)."""

    path: Path
    origin: str


@dataclass(frozen=True)
class Shelves:
    """The shelves as seen from a folder."""

    project: Path | None

    @classmethod
    def seen_from(cls, folder: Path) -> Shelves:
        """Return the shelves of the project that `folder` lies in (nearest ``rqgm.toml`` upwards), if any."""
        start = folder.resolve()
        found = next((p for p in (start, *start.parents) if (p / PROJECT_FILE).is_file()), None)
        return cls(found)

    @property
    def project_file(self) -> ProjectFile:
        """The project's settings, or the defaults."""
        if self.project is None:
            return ProjectFile(schema_version=1)
        path = self.project / PROJECT_FILE
        return parse(read_toml(path), ProjectFile, path)

    @property
    def runs(self) -> Path:
        """Where runs are written."""
        return (self.project or Path.cwd()) / "archive" / "runs"

    def roots(self) -> list[tuple[str, Path]]:
        """Return (origin, folder) of every shelf root, the first one wins."""
        roots = [("project", self.project)] if self.project else []
        roots += [(f"plug-in {entry.name}", Path(str(entry.load()))) for entry in entry_points(group="rqgm.shelves")]
        roots.append(("shipped", shipped_root()))
        return [(origin, root) for origin, root in roots if root is not None]

    def find(self, kind: Kind, name: str) -> Found:
        """Find something by name, or by path if `name` is one that exists; UnknownNameError lists what there is."""
        direct = Path(name)
        if ("/" in name or name.endswith(".toml")) and self._is(kind, direct):
            return Found(direct.resolve(), "path")
        for origin, root in self.roots():
            candidate = root / FOLDERS[kind] / (f"{name}.toml" if kind == "experiment" else name)
            if ".." not in Path(name).parts and self._is(kind, candidate):
                return Found(candidate.resolve(), origin)
        raise UnknownNameError(kind, name, self.names(kind))

    def workspace(self, name: str) -> dict[str, File]:
        """Return the files of a workspace, with those of the one that it extends; UnknownNameError lists what there is.

        Raises ConfigError for a bad ``seed.toml``, ArtifactError for files that may not be read.
        """
        return self.tree(self.find("workspace", name).path)

    def tree(self, folder: Path) -> dict[str, File]:
        """Return the files of the workspace in `folder`, with those of the one that it extends; its own go first."""
        return self._tree(folder, 1)

    def _tree(self, folder: Path, layers: int) -> dict[str, File]:
        tree = read_tree(folder)
        if SEED_FILE not in tree:
            return tree
        path = folder / SEED_FILE
        if layers == MOST_LAYERS:
            raise ConfigError(f"{path}: extends: more than {MOST_LAYERS} workspaces, or a circle")
        told = parse(read_toml(path), SeedFile, path)
        try:
            base = self._tree(self.find("workspace", told.extends).path, layers + 1)
        except UnknownNameError as error:
            raise ConfigError(f"{path}: extends: {error}") from error
        copies = {
            _target(target, name, path): _copied(base, name, f"{path}: copies.{target}")
            for target, names in told.copies.items()
            for name in names
        }
        own = {name: file for name, file in tree.items() if name != SEED_FILE}
        return {**base, **copies, **own}

    def _is(self, kind: Kind, path: Path) -> bool:
        return path.is_file() if kind == "experiment" else (path / _MARKERS[kind]).is_file()

    def names(self, kind: Kind) -> dict[str, Found]:
        """Return everything of a kind by name."""
        found: dict[str, Found] = {}
        for origin, root in self.roots():
            shelf = root / FOLDERS[kind]
            pattern = "*.toml" if kind == "experiment" else f"{'*/*' if kind == 'workspace' else '*'}/{_MARKERS[kind]}"
            for path in sorted(shelf.glob(pattern)):
                place = path if kind == "experiment" else path.parent
                name = (
                    place.relative_to(shelf).with_suffix("").as_posix()
                    if kind == "experiment"
                    else place.relative_to(shelf).as_posix()
                )
                if not name.startswith("runs/"):
                    found.setdefault(name, Found(place, origin))
        return found


def _target(folder: str, name: str, path: Path) -> str:
    try:
        return check_path(f"{folder}/{name.rpartition('/')[2]}")
    except ArtifactError as error:
        raise ConfigError(f"{path}: copies: {error}") from error


def _copied(base: dict[str, File], name: str, where: str) -> File:
    if name not in base:
        beside = [other for other in base if other.rpartition("/")[0] == name.rpartition("/")[0]]
        raise UnknownNameError("file of the extended workspace", name, beside, where)
    return base[name]


def shipped_root() -> Path:
    """Return the root of what ships: inside a wheel ``rqgm/_shelves``, in a checkout its root."""
    package = Path(rqgm.__file__).parent
    inside = package / "_shelves"
    if inside.is_dir():
        return inside
    if (package.parent / PROJECT_FILE).is_file():
        return package.parent
    raise ConfigError(f"{package}: the shelves that ship with rqgm are missing; install it again")
