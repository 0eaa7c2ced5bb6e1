"""The lineage as a git bundle: one file that `git clone` takes for a repository.

Written by libgit2 and not by `git` in the run's folder: a repository's configuration can name programs for git to run,
and a run's folder may come from anybody.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pygit2

from rqgm.core.errors import IntegrityError

if TYPE_CHECKING:
    from rqgm.archive.lineage import Lineage
    from rqgm.archive.state import State


def write_bundle(lineage: Lineage, state: State, out: Path) -> dict[str, int]:
    """Write all nodes that the ledger knows, by the names that they have in the lineage, and return the counts.

    `HEAD`, which a clone checks out, is the generalist where there is one, else generation zero; endpoints are tags.
    """
    repository = pygit2.Repository(str(lineage.path))
    refs = references(state)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=".pack-") as scratch:
        objects = _pack(repository, sorted(set(refs.values())), scratch)
        head = "".join(f"{commit} {name}\n" for name, commit in refs.items())
        with out.open("wb") as bundle:
            bundle.write(f"# v2 git bundle\n{head}\n".encode())
            for pack in Path(scratch).glob("*.pack"):
                with pack.open("rb") as packed:
                    shutil.copyfileobj(packed, bundle)
    return {"nodes": len(state.nodes), "refs": len(refs), "objects": objects}


def references(state: State) -> dict[str, str]:
    """Return the commit of each reference: every node's branch, endpoints as tags, HEAD."""
    refs = {
        f"refs/heads/nodes/{node.index:06d}" if node.index else "refs/heads/seed": node.commit for node in state.nodes
    }
    head = state.nodes[0].commit
    if state.endpoints:
        head = state.endpoints["generalist"]["commit"]
        refs["refs/tags/generalist"] = head
        for role, endpoint in sorted(state.endpoints["specialists"].items()):
            name = f"refs/tags/specialist/{role}"
            if pygit2.reference_is_valid_name(name):
                refs[name] = endpoint["commit"]
    return {"HEAD": head, **refs}


def _pack(repository: pygit2.Repository, commits: list[str], folder: str) -> int:
    builder = pygit2.PackBuilder(repository)
    seen: set[pygit2.Oid] = set()
    for commit in commits:
        found = repository.get(commit)
        if not isinstance(found, pygit2.Commit):
            raise IntegrityError(f"node {commit} is missing from {repository.path}")
        builder.add(found.id)
        _add_tree(builder, found.tree, seen)
    builder.write(folder)
    return int(builder.written_objects_count)


def _add_tree(builder: pygit2.PackBuilder, tree: pygit2.Tree, seen: set[pygit2.Oid]) -> None:
    """Add a tree with all that is in it; what is in two trees is walked once."""
    left = [tree]
    while left:
        at = left.pop()
        if at.id in seen:
            continue
        seen.add(at.id)
        builder.add(at.id)
        for entry in at:
            if isinstance(entry, pygit2.Tree):
                left.append(entry)
            elif isinstance(entry, pygit2.Blob) and entry.id not in seen:
                seen.add(entry.id)
                builder.add(entry.id)
