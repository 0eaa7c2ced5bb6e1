"""Labelled items for judges: ``items.jsonl`` (public) and ``labels.jsonl`` (seen by no sandbox), read apart."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from rqgm.core.criteria import Criteria  # pydantic reads it
from rqgm.core.errors import ArtifactError, ConfigError
from rqgm.core.hashes import hash_json
from rqgm.core.toml import parse
from rqgm.core.trees import File, TreeLimits, check_tree, hash_tree, read_file
from rqgm.core.words import Pool, Provenance, Verdict  # pydantic reads them

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rqgm.core.criteria import Criterion
    from rqgm.core.trees import Tree

MAX_LINES_BYTES = 512 << 20

Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/-]{0,199}$")]
Files = dict[str, str]


class _Line(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PublicTask(_Line):
    """The task as a judge may see it: `files` are its environment, path to text."""

    name: Id
    instruction: str
    files: Files = {}
    criteria: Criteria = []


class ItemLine(_Line):
    """One line of ``items.jsonl``. `metadata` is for reports; no sandbox sees it."""

    id: Id
    task: PublicTask
    artifact: Files = Field(min_length=1)
    provenance: Provenance
    pool: Pool | None = None
    metadata: dict[str, JsonValue] = {}


class Label(_Line):
    """One line of ``labels.jsonl``: what is true of an item. No sandbox ever sees it."""

    id: Id
    label: Literal[Verdict.ACCEPT, Verdict.REJECT]
    why: str = ""
    metadata: dict[str, JsonValue] = {}


@dataclass(frozen=True)
class Item:
    """One artifact to judge, with its public task; never with its label."""

    id: str
    task: str
    instruction: str
    environment: Tree = field(repr=False)
    artifact: Tree = field(repr=False)
    provenance: Provenance
    own_pool: Pool | None = None
    metadata: dict[str, JsonValue] = field(default_factory=dict, repr=False)
    criteria: tuple[Criterion, ...] = ()

    @cached_property
    def hash(self) -> str:
        """Hash of all that a judge is shown."""
        shown = [self.task, self.instruction, hash_tree(self.environment), hash_tree(self.artifact)]
        criteria = [criterion.model_dump(mode="json") for criterion in self.criteria]
        return hash_json([*shown, criteria] if criteria else shown)


def read_items(path: Path) -> dict[str, Item]:
    """Read ``items.jsonl``; ConfigError names the line."""
    items: dict[str, Item] = {}
    for where, data in _lines(path):
        line = parse(data, ItemLine, where)
        if line.id in items:
            raise ConfigError(f"{where}: id: {line.id!r} occurs twice")
        items[line.id] = Item(
            id=line.id,
            task=line.task.name,
            instruction=line.task.instruction,
            environment=_tree(line.task.files, f"{where}: task.files"),
            artifact=_tree(line.artifact, f"{where}: artifact"),
            provenance=line.provenance,
            own_pool=line.pool,
            metadata=line.metadata,
            criteria=tuple(line.task.criteria),
        )
    return items


def read_labels(path: Path, items: dict[str, Item]) -> dict[str, Label]:
    """Read ``labels.jsonl``; ConfigError unless there is exactly one label for each item."""
    labels: dict[str, Label] = {}
    for where, data in _lines(path):
        label = parse(data, Label, where)
        if label.id in labels:
            raise ConfigError(f"{where}: id: {label.id!r} is labelled twice")
        if label.id not in items:
            raise ConfigError(f"{where}: id: {label.id!r} is not in items.jsonl")
        labels[label.id] = label
    missing = [name for name in items if name not in labels]
    if missing:
        raise ConfigError(f"{path}: {len(missing)} items have no label: {', '.join(missing[:5])}")
    return labels


def _lines(path: Path) -> Iterator[tuple[str, object]]:
    try:
        data = read_file(path, path.name, MAX_LINES_BYTES).data
    except ArtifactError as error:
        raise ConfigError(f"{path}: {error}") from error
    for number, line in enumerate(data.splitlines(), start=1):
        if line.strip():
            try:
                yield f"{path}:{number}", json.loads(line)
            except (ValueError, RecursionError) as error:
                raise ConfigError(f"{path}:{number}: is not JSON: {error}") from error


def _tree(files: Files, where: str) -> dict[str, File]:
    try:
        tree = {path: File(text.encode()) for path, text in files.items()}
        check_tree(tree, TreeLimits())
    except (ArtifactError, UnicodeEncodeError) as error:
        raise ConfigError(f"{where}: {error}") from error
    return tree
