"""Reversal: a node's workspace without some edit on its path, or generation zero with one edit alone.

An edit is undone as `git revert` does it: a three-way merge of its inverse onto the node's files. Where a later edit
wrote on top of it, that merge has conflicts, and the two can only be undone together.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import pygit2

from rqgm.core.errors import ArtifactError, ConfigError
from rqgm.core.text import clean
from rqgm.core.trees import File, check_path

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from rqgm.core.trees import Tree
    from rqgm.evolution.workspaces import Workspace


@dataclass(frozen=True)
class Merge:
    """What came of a three-way merge: a tree, or the paths that stand in its way (foreign text)."""

    tree: dict[str, File] | None
    conflicts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Obstacle:
    """Why an edit cannot be undone, or applied, alone: `conflicts` in these files, or else a workspace that is none.

    Both are foreign text.
    """

    conflicts: tuple[str, ...] = ()
    broken: str = ""


@dataclass(frozen=True)
class Reversal:
    """The workspace without the edit `steps[0]`, and without the later `steps` that would not stay without it."""

    steps: tuple[int, ...]
    workspace: Workspace
    obstacle: Obstacle | None
    """Why it could not be undone alone, None if it could."""


@dataclass(frozen=True)
class Graft:
    """Generation zero with one edit alone, or why there is no such workspace."""

    workspace: Workspace | None
    obstacle: Obstacle | None


class Merger:
    """Merges trees in a repository of its own in the empty folder `scratch`, so that no lineage is written to."""

    def __init__(self, scratch: Path) -> None:
        self._repo = pygit2.init_repository(str(scratch), bare=True)
        self._blobs: dict[bytes, pygit2.Oid] = {}

    def merge(self, base: Tree, ours: Tree, theirs: Tree) -> Merge:
        """Return `ours` with what `theirs` changed of `base`; git's renames are followed."""
        index = self._repo.merge_trees(self._write(base), self._write(ours), self._write(theirs))
        if index.conflicts is not None:
            sides = [side for conflict in index.conflicts for side in conflict if side is not None]
            return Merge(None, tuple(sorted({side.path for side in sides})))
        executable = pygit2.enums.FileMode.BLOB_EXECUTABLE
        tree = {
            check_path(entry.path): File(self._repo[entry.id].data, executable=entry.mode == executable)
            for entry in index
        }
        clashes = sorted(path for path in tree if any(str(folder) in tree for folder in PurePosixPath(path).parents))
        if clashes:  # libgit2 lets a file and a folder of one name pass
            return Merge(None, tuple(clashes))
        return Merge(dict(sorted(tree.items())))

    def _write(self, tree: Tree) -> pygit2.Oid:
        index = pygit2.Index()
        for path, file in tree.items():
            if file.data not in self._blobs:
                self._blobs[file.data] = self._repo.create_blob(file.data)
            mode = pygit2.enums.FileMode.BLOB_EXECUTABLE if file.executable else pygit2.enums.FileMode.BLOB
            index.add(pygit2.IndexEntry(check_path(path), self._blobs[file.data], mode))
        return index.write_tree(self._repo)


class EditPath:
    """The workspaces from generation zero to a node, `trees[k]` being what edit k (from 1) made.

    `load` checks a tree as the run checks every edit, and raises ConfigError.
    """

    def __init__(self, trees: Sequence[Tree], load: Callable[[Tree], Workspace], merger: Merger) -> None:
        self._trees = trees
        self._load = load
        self._merger = merger

    def without(self, step: int) -> Reversal:
        """Return the last workspace without edit `step`: alone if that can be, else with the later ones that need it.

        Going from the edit to the end of the path, an edit is taken along when, right after it, those before it could
        no longer be undone. That always ends: just after an edit is made, undoing it gives back what was there.
        """
        last = len(self._trees) - 1
        alone = self._undo((step,), last)
        if not isinstance(alone, Obstacle):
            return Reversal((step,), alone, None)
        steps: tuple[int, ...] = (step,)
        undone = self._undo(steps, step)
        for later in range(step + 1, last + 1):
            undone = self._undo(steps, later)
            if isinstance(undone, Obstacle):
                steps = (*steps, later)
                undone = self._undo(steps, later)
        assert not isinstance(undone, Obstacle), "what was there before the edits is a workspace"
        return Reversal(steps, undone, alone)

    def only(self, step: int) -> Graft:
        """Return generation zero with edit `step` and no other."""
        merged = self._merger.merge(self._trees[step - 1], self._trees[0], self._trees[step])
        found = self._loaded(merged.tree, merged.conflicts)
        return Graft(None, found) if isinstance(found, Obstacle) else Graft(found, None)

    def _undo(self, steps: tuple[int, ...], at: int) -> Workspace | Obstacle:
        """Undo `steps` in the workspace after edit `at`, the latest first."""
        tree: Tree = self._trees[at]
        for step in sorted(steps, reverse=True):
            made, before = self._trees[step], self._trees[step - 1]
            if tree == made:
                tree = before
                continue
            merged = self._merger.merge(made, tree, before)
            if merged.tree is None:
                return Obstacle(merged.conflicts)
            tree = merged.tree
        return self._loaded(tree)

    def _loaded(self, tree: Tree | None, conflicts: tuple[str, ...] = ()) -> Workspace | Obstacle:
        if tree is None:
            return Obstacle(conflicts)
        try:
            return self._load(tree)
        except (ConfigError, ArtifactError) as error:
            return Obstacle(broken=clean(str(error), 400))
