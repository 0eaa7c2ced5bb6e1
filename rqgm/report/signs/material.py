"""Material: what detectors are shown of a run. Only files that an edit changed are read, each content once."""

from __future__ import annotations

import tomllib
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pygit2

from rqgm.core.errors import IntegrityError, RqgmError
from rqgm.core.words import RoleKind
from rqgm.report.signs.known import Known
from rqgm.roles.manifest import MANIFEST, MAX_MANIFEST_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rqgm.archive.state import State
    from rqgm.core.trees import File
    from rqgm.evolution.criterion import Criterion
    from rqgm.run.session import OpenedRun

MAX_FILE_BYTES = 8 << 20


@dataclass(frozen=True, slots=True)
class Seen:
    """What one outcome says: of a validation, of a train task shown to an editor, or of the test pool.

    `content` tells what identifies the behaviour of the role that was run. `n` is None in the test pool.
    """

    kind: str
    n: int | None
    node: int
    role: str
    content: str
    task: str
    measure: str
    y: int
    epoch: int
    failure: str | None = None
    detail: str = ""
    artifact: str | None = None
    notes: Any = None
    usage: dict[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class RoleOf:
    """One role as a workspace's manifest declares it."""

    kind: RoleKind
    folders: tuple[str, ...]
    deterministic: bool


@dataclass(frozen=True, slots=True)
class Changed:
    """A file that a node's edit changed: its content's id, and the ids at the same path in the parent and the mate."""

    node: int
    n: int | None
    path: str
    blob: str
    before: tuple[str, ...]
    roles: tuple[RoleOf, ...]


@dataclass(frozen=True, slots=True)
class Made:
    """An artifact as it first occurs: the files that differ from the task's own."""

    seen: Seen
    files: dict[str, File]
    trouble: str = ""


class Material:
    """A run, read for detectors. Reads nothing that it is not asked for."""

    def __init__(self, run: OpenedRun) -> None:
        self.run = run
        self.known = Known(run.suites)
        self._repo = pygit2.Repository(str(run.archive.lineage.path))
        self._roles: dict[str, tuple[RoleOf, ...]] = {}
        self._listed: dict[str, dict[str, str]] = {}

    @property
    def state(self) -> State:
        """The state of the run."""
        return self.run.state

    @property
    def criterion(self) -> Criterion:
        """The run's criterion."""
        return self.run.criterion

    # ------------------------------------------------------------------ the record

    @cached_property
    def _folded(self) -> tuple[list[Seen], list[dict[str, Any]]]:
        seen: list[Seen] = []
        edits: list[dict[str, Any]] = []
        state = self.state
        for event in self.run.archive.ledger.events():
            body = event.body
            if event.kind == "outcome":
                seen.append(self._outcome("outcome", body, body["n"]))
            elif event.kind == "test_outcome":
                seen.append(self._outcome("test", {"measure": "tests", "epoch": state.epoch, **body}, None))
            elif event.kind in ("node_added", "edit_rejected"):
                edits.append({**body, "accepted": event.kind == "node_added"})
                seen += [self._trained(body, outcome) for outcome in body["train"]]
        return seen, edits

    def _outcome(self, kind: str, body: dict[str, Any], n: int | None) -> Seen:
        return Seen(
            kind=kind,
            n=n,
            node=body["node"],
            role=body["role"],
            content=self.state.nodes[body["node"]].content(body["role"]),
            task=body["task"],
            measure=body["measure"],
            y=body["y"],
            epoch=body["epoch"],
            failure=body["failure"],
            detail=str(body["detail"] or ""),
            artifact=body.get("artifact"),
            usage=body["usage"],
        )

    def _trained(self, body: dict[str, Any], outcome: dict[str, Any]) -> Seen:
        return Seen(
            kind="train",
            n=body["n"],
            node=body["parent"],
            role=outcome["role"],
            content=outcome["key"],
            task=outcome["task"],
            measure="tests",
            y=outcome["y"],
            epoch=body["epoch"],
            failure=outcome.get("failure"),
            detail=str(outcome.get("detail") or ""),
            artifact=outcome.get("artifact"),
            notes=outcome.get("notes"),
        )

    @property
    def seen(self) -> list[Seen]:
        """All outcomes in the order of the ledger, live and erased."""
        return self._folded[0]

    @property
    def edits(self) -> list[dict[str, Any]]:
        """The bodies of all expansions, accepted or not, with ``accepted``."""
        return self._folded[1]

    @cached_property
    def mates(self) -> dict[str, int]:
        """Node → its mate, by commit."""
        return {
            body["commit"]: body["mate"] for body in self.edits if body.get("commit") and body.get("mate") is not None
        }

    # ------------------------------------------------------------------ workspaces

    def changed(self) -> Iterator[Changed]:
        """Yield the files that each node changed, generation zero's all, in the order of the nodes."""
        nodes = self.state.nodes
        for node in nodes:
            others = [node.parent, self.mates.get(node.commit)]
            before = [nodes[index].commit for index in others if index is not None]
            try:
                roles = self._roles_of(node.commit)
                differing = self._differing(node.commit, before[0] if before else None)
                held = {path: [self._blob_at(commit, path) for commit in before] for path, _ in differing}
            except (pygit2.GitError, KeyError) as error:
                raise IntegrityError(f"node {node.commit} in {self._repo.path} is damaged: {error}") from error
            for path, blob in differing:
                known = tuple(found for found in held[path] if found is not None)
                yield Changed(node.index, node.n, path, blob, known, roles)

    def read(self, blob: str) -> bytes | None:
        """Return the content of a file of the lineage; None if it is missing, altered or too large."""
        found = self._object(blob)
        return found.data if isinstance(found, pygit2.Blob) and found.size <= MAX_FILE_BYTES else None

    def _object(self, identity: str) -> Any:
        try:
            return self._repo.get(identity)
        except (pygit2.GitError, ValueError):  # damaged: what is wrong with it is the audit's to say
            return None

    def _tree(self, commit: str) -> Any:
        found = self._object(commit)
        if not isinstance(found, pygit2.Commit):
            raise IntegrityError(f"node {commit} is missing from {self.run.archive.lineage.path}")
        return found.tree

    def _differing(self, commit: str, parent: str | None) -> list[tuple[str, str]]:
        """Return (path, blob) of all files that are new or changed; equal folders are not entered."""
        found: list[tuple[str, str]] = []
        stack = [("", self._tree(commit), self._tree(parent) if parent else None)]
        while stack:
            prefix, new, old = stack.pop()
            if new is None:
                continue
            held = {entry.name: entry for entry in old} if old is not None else {}
            for entry in new:
                other = held.get(entry.name)
                if other is not None and other.id == entry.id:
                    continue
                path = f"{prefix}{entry.name}"
                if isinstance(entry, pygit2.Tree):
                    stack.append((f"{path}/", entry, other if isinstance(other, pygit2.Tree) else None))
                elif isinstance(entry, pygit2.Blob):
                    found.append((path, str(entry.id)))
        return sorted(found)

    def _blob_at(self, commit: str, path: str) -> str | None:
        entry = self._tree(commit)
        for part in path.split("/"):
            if not isinstance(entry, pygit2.Tree) or part not in entry:
                return None
            entry = entry[part]
        return str(entry.id) if isinstance(entry, pygit2.Blob) else None

    def _roles_of(self, commit: str) -> tuple[RoleOf, ...]:
        blob = self._blob_at(commit, MANIFEST)
        if blob is None:
            return ()
        if blob not in self._roles:
            self._roles[blob] = _parse_roles(self.read(blob) or b"")
        return self._roles[blob]

    # ------------------------------------------------------------------ artifacts

    def artifacts(self) -> Iterator[Made]:
        """Yield every artifact where it first occurs, with the files that differ from the task's own."""
        known: set[tuple[str, str]] = set()
        for seen in self.seen:
            if seen.artifact is None or (seen.task, seen.artifact) in known:
                continue
            known.add((seen.task, seen.artifact))
            try:
                tree = self.run.archive.blobs.get_tree(seen.artifact)
            except RqgmError as error:
                altered = isinstance(error, IntegrityError)
                yield Made(seen, {}, "missing or altered" if altered else "holds a path that is not allowed")
                continue
            task = self.known.tasks.get(seen.task)
            own = task.task.environment if task else {}
            yield Made(
                seen, {path: file for path, file in tree.items() if path not in own or own[path].data != file.data}
            )


def _parse_roles(data: bytes) -> tuple[RoleOf, ...]:
    """Return the roles of a manifest as far as they can be made out; the run has checked it when it became a node."""
    if len(data) > MAX_MANIFEST_BYTES:
        return ()
    try:
        tables = tomllib.loads(data.decode()).get("roles", {})
        return tuple(
            RoleOf(
                RoleKind(table["kind"]), tuple(map(str, table["folders"])), table.get("deterministic", False) is True
            )
            for table in tables.values()
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return ()


def sees(role: RoleOf, path: str) -> bool:
    """Tell whether a role sees a file of its workspace."""
    return any(path == folder.rstrip("/") or path.startswith(folder.rstrip("/") + "/") for folder in role.folders)


def by_cell(seen: list[Seen]) -> dict[tuple[str, str], dict[tuple[str, str], Seen]]:
    """Return outcomes by (role, content), then by (task, measure): the first of each."""
    found: dict[tuple[str, str], dict[tuple[str, str], Seen]] = defaultdict(dict)
    for entry in seen:
        found[entry.role, entry.content].setdefault((entry.task, entry.measure), entry)
    return found
