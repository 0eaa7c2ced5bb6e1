"""The lineage: one git commit a node, the parent node as the commit's parent, in a bare repository.

Commits carry a logical clock instead of the time, so equal runs have equal commit ids; `git log --graph --all`,
`git diff` and `git clone` work on it as they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import pygit2

from rqgm.core.errors import IntegrityError
from rqgm.core.hashes import sha256
from rqgm.core.text import clean
from rqgm.core.trees import File, check_path

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from rqgm.core.trees import Tree

_CLOCK_START = 946_684_800
"""2000-01-01; a node's logical time is its index in minutes after it."""
_SIGNER = ("rqgm", "rqgm@localhost")


_STATUS = {"A": "added", "D": "removed"}
MAX_SHOWN_PATCH = 200_000
"""Bytes of one file's patch; one that is longer is told of, not made into text."""


@dataclass(frozen=True, slots=True)
class FileChange:
    """How one file differs between two nodes. `added` and `removed` count lines; both are 0 of a binary file."""

    path: str
    status: str
    """``added``, ``removed`` or ``changed`` (also where only the executable bit did)."""
    added: int
    removed: int
    binary: bool


@dataclass(frozen=True, slots=True)
class FilePatch:
    """A changed file with its unified diff, which is foreign text; None of a binary file or a diff that is too long."""

    change: FileChange
    text: str | None
    patch_bytes: int


class Lineage:
    """The bare repository of a run's nodes."""

    def __init__(self, path: Path, *, create: bool = False, writable: bool = False) -> None:
        self.path = path
        if writable:
            for leftover in path.glob("**/*.lock"):  # of a killed writer: only one process at a time holds the run
                leftover.unlink(missing_ok=True)
        try:
            if create:
                pygit2.init_repository(str(path), bare=True, initial_head="seed")
            self._repo = pygit2.Repository(str(path))
        except pygit2.GitError as error:
            raise IntegrityError(f"{path}: not a lineage ({error})") from error
        self._read = lru_cache(maxsize=64)(self._read_tree)

    def add(self, index: int, tree: Tree, parent: str | None, message: str, trailers: Mapping[str, str]) -> str:
        """Commit one node and return its commit id (40 hex digits).

        `index` counts nodes from 0; `message` may be foreign text; `trailers` are ours and must be plain.
        """
        subject, _, body = message.partition("\n")
        lines = [clean(subject, 200) or "no note", ""]
        if body.strip():
            lines += [clean(body, 4_000, lines=True).strip(), ""]
        lines += [f"{key}: {clean(value, 1_000)}" for key, value in trailers.items()]
        signature = pygit2.Signature(*_SIGNER, commit_time(index), 0)
        commit = self._repo.create_commit(
            None,
            signature,
            signature,
            "\n".join(lines) + "\n",
            self._write_tree(tree, parent),
            [parent] if parent else [],
        )
        name = f"refs/heads/nodes/{index:06d}" if parent else "refs/heads/seed"
        self._repo.references.create(name, commit, force=True)
        return str(commit)

    def _write_tree(self, tree: Tree, parent: str | None) -> pygit2.Oid:
        index = pygit2.Index()
        before: Tree = {}
        if parent:
            index.read_tree(self._commit(parent).tree)
            before = self.tree(parent)
        for path in before.keys() - tree.keys():
            index.remove(path)
        for path, file in tree.items():
            if before.get(path) != file:
                mode = pygit2.enums.FileMode.BLOB_EXECUTABLE if file.executable else pygit2.enums.FileMode.BLOB
                index.add(pygit2.IndexEntry(check_path(path), self._repo.create_blob(file.data), mode))
        return index.write_tree(self._repo)

    def _commit(self, node: str) -> pygit2.Commit:
        try:
            found = self._repo.get(node)
        except ValueError as error:
            raise IntegrityError(f"{node!r} is not a commit id") from error
        if not isinstance(found, pygit2.Commit):
            raise IntegrityError(f"node {node} is missing from {self.path}")
        return found

    def tree(self, node: str) -> dict[str, File]:
        """Return a node's workspace; IntegrityError if it is not there."""
        return dict(self._read(node))

    def _read_tree(self, node: str) -> dict[str, File]:
        found: dict[str, File] = {}
        stack = [("", self._commit(node).tree)]
        while stack:
            prefix, tree = stack.pop()
            for entry in tree:
                path = f"{prefix}{entry.name}"
                if isinstance(entry, pygit2.Tree):
                    stack.append((f"{path}/", entry))
                elif isinstance(entry, pygit2.Blob):
                    found[check_path(path)] = File(entry.data, entry.filemode == pygit2.enums.FileMode.BLOB_EXECUTABLE)
        return dict(sorted(found.items()))

    def message(self, node: str) -> str:
        """Return a node's commit message."""
        return str(self._commit(node).message)

    def changes(self, old: str, new: str) -> list[FileChange]:
        """Return the files that differ between two nodes' workspaces, by path; equal files are not read."""
        return [_change(patch) for patch in self._patches(old, new, context_lines=0)]

    def patches(self, old: str, new: str, max_bytes: int = MAX_SHOWN_PATCH) -> Iterator[FilePatch]:
        """Yield the files that differ between two nodes' workspaces, with their diffs up to `max_bytes` long each."""
        for patch in self._patches(old, new, context_lines=3):
            change = _change(patch)
            shown = not change.binary and len(patch.data) <= max_bytes
            yield FilePatch(change, patch.text if shown else None, len(patch.data))

    def _patches(self, old: str, new: str, context_lines: int) -> Iterator[pygit2.Patch]:
        # libgit2 answers None where a file was touched but is equal
        before, after = self._commit(old).tree, self._commit(new).tree
        return (patch for patch in before.diff_to_tree(after, context_lines=context_lines) if patch is not None)

    def diff(self, old: str, new: str) -> str:
        """Return the unified diff between two nodes' workspaces (foreign text: clean it before showing)."""
        patch = self._repo.diff(self._commit(old), self._commit(new)).patch
        return patch or ""


def _change(patch: pygit2.Patch) -> FileChange:
    delta = patch.delta
    _, added, removed = patch.line_stats
    path = delta.new_file.path or delta.old_file.path
    return FileChange(path, _STATUS.get(delta.status_char(), "changed"), added, removed, delta.is_binary)


def commit_time(index: int) -> int:
    """Return the logical time of node `index`, in seconds since 1970."""
    return _CLOCK_START + 60 * index


def extend_head(head: str, node: str) -> str:
    """Return the lineage head after one more node: a hash over all node ids in the order of their making."""
    return sha256(f"{head}\n{node}".encode())
