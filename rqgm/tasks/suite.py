"""Suites: solving suites hold tasks, judging suites labelled items."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from rqgm.core.errors import ConfigError, UnknownNameError
from rqgm.core.hashes import hash_json
from rqgm.core.toml import parse, read_toml
from rqgm.core.words import Pool, Verdict
from rqgm.tasks import pools
from rqgm.tasks.items import read_items, read_labels
from rqgm.tasks.task import NAME, Success, load_task

if TYPE_CHECKING:
    from rqgm.tasks.items import Item, Label
    from rqgm.tasks.task import Task

Kind = Literal["solving", "judging"]
POOLS: dict[str, tuple[Pool, ...]] = {
    "solving": (Pool.TRAIN, Pool.VALIDATION, Pool.TEST),
    "judging": (Pool.TRAIN, Pool.VALIDATION, Pool.ANCHOR, Pool.ADVERSARIAL, Pool.TEST),
}


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Split(_Table):
    """``[split]``: shares of the pools, drawn by a seeded hash of each name."""

    seed: int = 0
    train: Annotated[float, Field(ge=0, le=1)] = 0.0
    validation: Annotated[float, Field(ge=0, le=1)] = 0.0
    anchor: Annotated[float, Field(ge=0, le=1)] = 0.0
    test: Annotated[float, Field(ge=0, le=1)] = 0.0

    @model_validator(mode="after")
    def _whole(self) -> Split:
        total = sum(self.shares.values())
        if not math.isclose(total, 1.0, abs_tol=1e-9):
            raise ValueError(f"the shares add up to {total:g}, not to 1")
        return self

    @property
    def shares(self) -> dict[Pool, float]:
        """The pools that get something, with their shares."""
        return {pool: share for pool in pools.SPLIT_POOLS if (share := float(getattr(self, pool.value)))}


class SuccessTable(_Table):
    """``[success]``: the binarisation rule."""

    key: str = Field(default="reward", min_length=1, max_length=100)
    at_least: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 1.0


class SuiteFile(_Table):
    """``suite.toml``."""

    schema_version: Literal[1]
    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")
    kind: Kind
    description: str = ""
    licence: str
    source: str
    pools: dict[Pool, list[str]] | None = None
    split: Split | None = None
    success: SuccessTable = SuccessTable()

    @model_validator(mode="after")
    def _consistent(self) -> SuiteFile:
        if self.pools is not None and self.split is not None:
            raise ValueError("has both [pools] and [split]; keep one")
        used = set(self.pools or ()) | (set(self.split.shares) if self.split else set())
        wrong = sorted(used - set(POOLS[self.kind]))
        if wrong:
            raise ValueError(f"a {self.kind} suite has no pool {wrong[0]}; allowed: {', '.join(POOLS[self.kind])}")
        if self.kind == "judging" and "success" in self.model_fields_set:
            raise ValueError("[success] is for solving suites: a judge's outcome is whether its verdict is the label")
        return self


class SuiteFolder:
    """The folder convention of a suite.

    ::

        <suite>/
          suite.toml
          <task>/task.toml ...     solving: every folder that holds a task.toml
          items.jsonl              judging: what judges are shown
          labels.jsonl             judging: what is true; read apart, seen by no sandbox
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.config = path / "suite.toml"
        self.items = path / "items.jsonl"
        self.labels = path / "labels.jsonl"

    def tasks(self) -> dict[str, Path]:
        """Return the task folders by name."""
        found = {}
        for entry in sorted(self.path.iterdir()):
            if (entry / "task.toml").is_file():
                if entry.is_symlink():
                    raise ConfigError(f"{entry}: is a link; a task is a folder")
                found[entry.name] = entry
        return found


@dataclass(frozen=True)
class _Suite:
    folder: Path
    file: SuiteFile = field(repr=False)

    @property
    def name(self) -> str:
        """The suite's name."""
        return self.file.name

    @property
    def licence(self) -> str:
        """Under what licence its content may be used."""
        return self.file.licence

    @property
    def source(self) -> str:
        """Where its content comes from."""
        return self.file.source

    def _pools(self) -> dict[str, Pool]:
        raise NotImplementedError

    @cached_property
    def pool_of(self) -> dict[str, Pool]:
        """Each task's or item's pool, in the suite's order. Pools are disjoint by construction."""
        return self._pools()

    def names(self, pool: Pool | str | None = None) -> tuple[str, ...]:
        """Return the names of a pool's tasks (ids of its items), or of all, in a fixed order."""
        if pool is None:
            return tuple(self.pool_of)
        wanted = Pool(pool)
        return tuple(name for name, found in self.pool_of.items() if found is wanted)

    def counts(self) -> dict[str, int]:
        """Return how many each pool that has any holds."""
        return {pool.value: count for pool in Pool if (count := len(self.names(pool)))}


@dataclass(frozen=True)
class SolvingSuite(_Suite):
    """Tasks in Harbor's format; each is read when it is first asked for."""

    folders: dict[str, Path] = field(default_factory=dict, repr=False)
    kind: Literal["solving"] = "solving"
    _read: dict[str, Task] = field(default_factory=dict, repr=False, compare=False)

    def task(self, name: str) -> Task:
        """Return one task; UnknownNameError lists the known ones, ConfigError says what is wrong with it."""
        if name not in self._read:
            if name not in self.folders:
                raise UnknownNameError("task", name, self.folders, str(self.folder))
            rule = self.file.success
            self._read[name] = load_task(self.folders[name], Success(rule.key, rule.at_least))
        return self._read[name]

    def _pools(self) -> dict[str, Pool]:
        where = str(self.folder / "suite.toml")
        if self.file.pools is not None:
            found = pools.by_name(self.file.pools, self.folders, "task", where)
        elif self.file.split is not None:
            found = pools.by_split(self.file.split, {name: name for name in self.folders}, where)
        else:
            found = pools.by_member(self.folders, lambda name: self.task(name).pool, where)
        return {name: found[name] for name in self.folders}

    @cached_property
    def hash(self) -> str:
        """Hash of all tasks and their pools; reads every task."""
        return hash_json([self.kind, [[name, self.task(name).hash, self.pool_of[name]] for name in self.folders]])


@dataclass(frozen=True)
class JudgingSuite(_Suite):
    """Items for judges. Labels are kept beside them, never in them."""

    items: dict[str, Item] = field(default_factory=dict, repr=False)
    labels: dict[str, Label] = field(default_factory=dict, repr=False)
    kind: Literal["judging"] = "judging"

    def item(self, name: str) -> Item:
        """Return what a judge may see of one item."""
        if name not in self.items:
            raise UnknownNameError("item", name, self.items, str(self.folder))
        return self.items[name]

    def label(self, name: str) -> Verdict:
        """Return what is true of one item."""
        if name not in self.labels:
            raise UnknownNameError("item", name, self.labels, str(self.folder))
        return self.labels[name].label

    def _pools(self) -> dict[str, Pool]:
        where = str(self.folder / "suite.toml")
        if self.file.pools is not None:
            found = pools.by_name(self.file.pools, self.items, "item", where)
        elif self.file.split is not None:
            groups = {name: item.task for name, item in self.items.items()}
            found = pools.by_split(self.file.split, groups, where)
        else:
            found = pools.by_member(self.items, lambda name: self.items[name].own_pool, where)
        return {name: found[name] for name in self.items}

    @cached_property
    def hash(self) -> str:
        """Hash of all items, their pools and their labels."""
        rows = [[name, item.hash, self.pool_of[name], self.label(name)] for name, item in self.items.items()]
        return hash_json([self.kind, rows])


Suite = SolvingSuite | JudgingSuite


def load_suite(path: Path | str) -> Suite:
    """Read a suite's folder: pools are checked, items and labels too; tasks are read when they are asked for.

    Raises ConfigError, naming file, key and remedy.
    """
    folder = SuiteFolder(Path(path))
    if not folder.path.is_dir():
        raise ConfigError(f"{path}: is not a folder; a suite is a folder with suite.toml")
    if not folder.config.is_file():
        raise ConfigError(f"{folder.path}: suite.toml is missing; see docs/tasks.md for what a suite holds")
    file = parse(read_toml(folder.config), SuiteFile, folder.config)
    suite = _judging(folder, file) if file.kind == "judging" else _solving(folder, file)
    _check_pools(suite)
    return suite


def _solving(folder: SuiteFolder, file: SuiteFile) -> SolvingSuite:
    folders = folder.tasks()
    if not folders:
        raise ConfigError(f"{folder.path}: holds no task (a folder with task.toml); `rqgm task new` makes one")
    wrong = next((name for name in folders if not NAME.fullmatch(name)), None)
    if wrong:
        raise ConfigError(f"{folder.path}: {wrong!r} is not a task name (letters, digits, '.', '_', '-')")
    return SolvingSuite(folder.path, file, folders)


def _judging(folder: SuiteFolder, file: SuiteFile) -> JudgingSuite:
    items = read_items(folder.items)
    if not items:
        raise ConfigError(f"{folder.items}: holds no item")
    return JudgingSuite(folder.path, file, items, read_labels(folder.labels, items))


def _check_pools(suite: Suite) -> None:
    for name, pool in suite.pool_of.items():
        if pool not in POOLS[suite.kind]:
            allowed = ", ".join(POOLS[suite.kind])
            raise ConfigError(f"{suite.folder}: {name!r}: a {suite.kind} suite has no pool {pool}; allowed: {allowed}")
