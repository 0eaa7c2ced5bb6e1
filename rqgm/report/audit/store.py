"""Checks of what the record points at: every object of the lineage and every blob is hashed again."""

from __future__ import annotations

import hashlib
import json
import re
import tempfile
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import pygit2
import zstandard

from rqgm.archive.blobs import MAX_BLOB_BYTES
from rqgm.archive.lineage import Lineage, commit_time
from rqgm.core.errors import RqgmError
from rqgm.core.hashes import sha256
from rqgm.evolution.workspaces import load_workspace
from rqgm.report.audit.findings import Sheet

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rqgm.archive.state import Node, State
    from rqgm.evolution.criterion import Criterion
    from rqgm.report.audit.findings import Finding

_OBJECT = re.compile(r"objects/([0-9a-f]{2})/([0-9a-f]{38})")
_REF = re.compile(r"refs/heads/(seed|nodes/[0-9]{6})")
_PACK = re.compile(r"objects/pack/pack-[0-9a-f]+\.(pack|idx|rev)|packed-refs|objects/info/packs|info/refs")
MAX_OBJECT_BYTES = 64 << 20


# ------------------------------------------------------------------ lineage


def check_lineage(path: Path, state: State, criterion: Criterion | None) -> Finding:
    """Hash all objects of the lineage again, and hold every node against the ledger.

    With `criterion` the nodes' role hashes are computed from their workspaces. A lineage must hold nothing that git,
    run by a reader, would execute or follow: other settings, hooks, links to other repositories.
    """
    sheet = Sheet("lineage")
    objects = _check_files(path, sheet)
    try:
        repository = pygit2.Repository(str(path))
        lineage = Lineage(path)
        packed = _check_packed(repository, objects, sheet)
        for node in state.nodes:
            _check_node(repository, lineage, node, state, criterion, sheet)
        _check_refs(repository, state, sheet)
    except (pygit2.GitError, RqgmError, KeyError, ValueError, OSError) as error:
        sheet.fault("lineage.git", str(error))
        return sheet.close()
    return sheet.close(f"{len(state.nodes)} nodes, {len(objects) + packed} objects hashed")


def _check_files(path: Path, sheet: Sheet) -> set[str]:
    """Check that nothing but objects, refs and what git makes of itself is there; return the loose objects' ids."""
    found: set[str] = set()
    with tempfile.TemporaryDirectory(prefix="rqgm-") as scratch:
        fresh = Path(scratch)
        pygit2.init_repository(str(fresh), bare=True, initial_head="seed")
        made = {file.relative_to(fresh).as_posix(): file.read_bytes() for file in fresh.rglob("*") if file.is_file()}
    for file in sorted(path.rglob("*")):
        if file.is_symlink() or not file.is_file():
            continue  # folders; the layout's check names the rest
        name = file.relative_to(path).as_posix()
        if match := _OBJECT.fullmatch(name):
            found.add(match[1] + match[2])
            _check_loose(file, match[1] + match[2], sheet)
        elif name.startswith("objects/pack/") and _PACK.fullmatch(name):
            _check_pack(file, name, sheet)
        elif name in made:
            if file.read_bytes() != made[name]:
                sheet.fault(f"lineage.git/{name}", "is not what git makes; git would read it")
        elif not _REF.fullmatch(name) and not _PACK.fullmatch(name):
            sheet.fault(f"lineage.git/{name}", "does not belong to a lineage; git may read or run it")
    return found


def _check_loose(file: Path, told: str, sheet: Sheet) -> None:
    unpacker = zlib.decompressobj()
    try:
        data = unpacker.decompress(file.read_bytes(), MAX_OBJECT_BYTES)
    except zlib.error as error:
        sheet.fault(f"object {told}", f"cannot be read: {error}")
        return
    whole = unpacker.eof and not unpacker.unused_data
    found = hashlib.sha1(data, usedforsecurity=False).hexdigest()
    sheet.expect(whole and found == told, f"object {told}", "does not match its name")


def _check_pack(file: Path, name: str, sheet: Sheet) -> None:
    """Check that a pack, or an index of one, ends in the hash of what it holds."""
    data = file.read_bytes()
    found = hashlib.sha1(data[:-20], usedforsecurity=False).digest()
    sheet.expect(found == data[-20:], f"lineage.git/{name}", "does not end in the hash of its content")


def _check_packed(repository: pygit2.Repository, loose: set[str], sheet: Sheet) -> int:
    count = 0
    for oid in repository.odb:
        told = str(oid)
        if told in loose:
            continue
        kind, data = repository.odb.read(oid)
        name = {1: b"commit", 2: b"tree", 3: b"blob", 4: b"tag"}.get(int(kind), b"unknown")
        found = hashlib.sha1(b"%s %d\0" % (name, len(data)) + data, usedforsecurity=False).hexdigest()
        sheet.expect(found == told, f"object {told}", "does not match its name")
        count += 1
    return count


def _check_node(
    repository: pygit2.Repository,
    lineage: Lineage,
    node: Node,
    state: State,
    criterion: Criterion | None,
    sheet: Sheet,
) -> None:
    where = f"node #{node.index} {node.commit[:10]}"
    try:
        commit = repository.get(node.commit)
        tree = lineage.tree(node.commit)
    except (pygit2.GitError, RqgmError, KeyError, ValueError) as error:
        sheet.fault(where, str(error))
        return
    parents = [] if node.parent is None else [state.nodes[node.parent].commit]
    sheet.expect([str(parent) for parent in commit.parent_ids] == parents, where, "descends from another node")
    sheet.expect(commit.commit_time == commit_time(node.index), where, "has another place in the order")
    if node.n is not None:
        for trailer in (f"Rqgm-Epoch: {node.epoch}", f"Rqgm-Job: {node.n}"):
            sheet.expect(trailer in commit.message.splitlines(), where, f"its message lacks {trailer!r}")
    if criterion is not None:
        try:
            workspace = load_workspace(tree, criterion.role_kinds, where)
        except RqgmError as error:
            sheet.fault(where, str(error))
            return
        sheet.expect(dict(workspace.roles) == node.roles, where, "its roles' hashes are not those of its files")
        declared = set(criterion.deterministic(workspace.deterministic))
        sheet.expect(declared == set(node.deterministic), where, "other roles are called deterministic")


def _check_refs(repository: pygit2.Repository, state: State, sheet: Sheet) -> None:
    wanted = {
        f"refs/heads/nodes/{node.index:06d}" if node.index else "refs/heads/seed": node.commit for node in state.nodes
    }
    found = {name: str(repository.references[name].target) for name in repository.references}
    for name, commit in wanted.items():
        sheet.expect(found.get(name) == commit, f"lineage.git/{name}", f"leads to {found.get(name, 'nothing')[:10]}")
    for name in sorted(found.keys() - wanted.keys()):
        sheet.note(f"lineage.git/{name}: leads to {found[name][:10]}, which the ledger does not know (a killed job's)")


# ------------------------------------------------------------------ blobs


def check_blobs(folder: Path, referenced: Iterable[str]) -> Finding:
    """Unpack and hash every blob again; those that the record refers to must be there.

    A blob that nothing refers to is what jobs made that came to nothing, or a workspace's files on their way into the
    lineage.
    """
    sheet = Sheet("blobs")
    there: set[str] = set()
    size = 0
    for file in _blob_files(folder, sheet):
        digest = file.parent.name + file.name
        there.add(digest)
        size += _check_blob(file, digest, sheet)
    wanted = _with_files(folder, set(referenced), there)
    for digest in sorted(wanted - there):
        sheet.fault(f"blob {digest}", "is missing, and the record refers to it")
    return sheet.close(f"{len(there)} blobs hashed, {size / 2**20:.1f} MiB; {len(wanted)} referred to")


def _blob_files(folder: Path, sheet: Sheet) -> Iterator[Path]:
    for file in sorted(folder.rglob("*")):
        if file.is_symlink() or not file.is_file():
            continue
        name = file.relative_to(folder).as_posix()
        if re.fullmatch(r"[0-9a-f]{2}/[0-9a-f]{62}", name):
            yield file
        elif name.endswith(".part"):
            sheet.note(f"blobs/{name}: a write that was cut off; nothing reads it")
        else:
            sheet.fault(f"blobs/{name}", "is no blob")


def _check_blob(file: Path, digest: str, sheet: Sheet) -> int:
    packed = file.read_bytes()
    try:
        size = zstandard.frame_content_size(packed)
        if not 0 <= size <= MAX_BLOB_BYTES:  # ours always say it; one that does not could unpack to anything
            sheet.fault(f"blob {digest}", f"says that it holds {size} bytes")
            return 0
        data = zstandard.ZstdDecompressor().decompress(packed, allow_extra_data=False)
    except zstandard.ZstdError as error:
        sheet.fault(f"blob {digest}", f"cannot be read: {error}")
        return 0
    sheet.expect(sha256(data) == digest, f"blob {digest}", "does not match its name")
    return len(data)


def _with_files(folder: Path, trees: set[str], there: set[str]) -> set[str]:
    """Return `trees` and the files that those among them which are trees list."""
    found = set(trees)
    for digest in trees & there:
        try:
            data = zstandard.ZstdDecompressor().decompress(
                (folder / digest[:2] / digest[2:]).read_bytes(), max_output_size=MAX_BLOB_BYTES
            )
            found |= {blob for _, blob, _ in json.loads(data)["tree"]}
        except (zstandard.ZstdError, ValueError, KeyError, TypeError):
            continue  # a text, or damaged: then it has its fault already
    return found
