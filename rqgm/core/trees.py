"""Trees: folders as values. A tree maps relative POSIX paths to files; it is what travels in and out of sandboxes."""

from __future__ import annotations

import os
import re
import stat
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from rqgm.core.errors import ArtifactError
from rqgm.core.hashes import hash_json, sha256

MAX_PATH_CHARS = 400
# What git takes for its own folder on some file system; a tree with such a name cannot be committed.
_GIT_NAME = re.compile(r"(\.git|git~\d+)[ .]*(:.*)?", re.IGNORECASE)
IGNORED_FOLDERS = frozenset({"__pycache__", ".git"})


@dataclass(frozen=True, slots=True)
class File:
    """One regular file: its bytes and whether it may be executed."""

    data: bytes
    executable: bool = False


Tree = Mapping[str, File]


@dataclass(frozen=True, slots=True)
class TreeLimits:
    """How much a tree may hold; sizes in bytes."""

    files: int = 2_000
    file_bytes: int = 8 << 20
    total_bytes: int = 32 << 20
    skipped: frozenset[str] = IGNORED_FOLDERS
    """Names of folders that are left out wherever they are."""


@lru_cache(maxsize=16_384)  # an audit meets the same few paths in thousands of trees
def check_path(path: str) -> str:
    """Return `path` if it is a plain relative POSIX path, else raise ArtifactError."""
    parts = path.split("/")
    bad = (
        not path
        or len(path) > MAX_PATH_CHARS
        or any(part in ("", ".", "..") or _GIT_NAME.fullmatch(part) for part in parts)
        or any(unicodedata.category(char) in ("Cc", "Cf", "Cs") or char == "\\" for char in path)
    )
    if bad:
        raise ArtifactError(f"path {path!r:.120} is not a plain relative path")
    return path


def hash_tree(tree: Tree) -> str:
    """Return the hash of a tree's paths, contents and executable bits."""
    return hash_json([[path, sha256(file.data), file.executable] for path, file in sorted(tree.items())])


def select(tree: Tree, folders: Iterable[str]) -> dict[str, File]:
    """Return the part of `tree` inside `folders` (a file's own path counts as a folder of one)."""
    tops = tuple(folder.rstrip("/") for folder in folders)
    inside = tuple(f"{top}/" for top in tops)
    return {path: file for path, file in tree.items() if path in tops or path.startswith(inside)}


def check_tree(tree: Tree, limits: TreeLimits) -> Tree:
    """Return `tree` if its paths are plain and it keeps within `limits`, else raise ArtifactError."""
    if len(tree) > limits.files:
        raise ArtifactError(f"{len(tree)} files, allowed {limits.files}")
    for path, file in tree.items():
        check_path(path)
        if len(file.data) > limits.file_bytes:
            raise ArtifactError(f"{path!r}: {len(file.data)} bytes, allowed {limits.file_bytes}")
    total = sum(len(file.data) for file in tree.values())
    if total > limits.total_bytes:
        raise ArtifactError(f"{total} bytes in all, allowed {limits.total_bytes}")
    return tree


def read_tree(folder: Path, limits: TreeLimits | None = None) -> dict[str, File]:
    """Read a folder that may be hostile: regular files only, no links, no devices, within `limits` (ArtifactError)."""
    limits = limits or TreeLimits()
    tree: dict[str, File] = {}
    total = 0
    for directory, folders, names in os.walk(folder, followlinks=False):
        folders[:] = sorted(name for name in folders if name not in limits.skipped)
        base = Path(directory)
        for name in folders:
            if (base / name).is_symlink():
                raise ArtifactError(f"{name!r} is a link")
        for name in sorted(names):
            relative = check_path((base / name).relative_to(folder).as_posix())
            if len(tree) >= limits.files:
                raise ArtifactError(f"more than {limits.files} files")
            tree[relative] = read_file(base / name, relative, limits.file_bytes)
            total += len(tree[relative].data)
            if total > limits.total_bytes:
                raise ArtifactError(f"more than {limits.total_bytes} bytes in all")
    return tree


def read_file(path: Path, name: str, max_bytes: int) -> File:
    """Read one regular file without following a link, or raise ArtifactError; hard links are refused."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise ArtifactError(f"{name!r} cannot be read: {error.strerror}") from error
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise ArtifactError(f"{name!r} is not a regular file")
        if status.st_nlink > 1:
            raise ArtifactError(f"{name!r} is a hard link")
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            data = file.read(max_bytes + 1)
    finally:
        os.close(descriptor)
    if len(data) > max_bytes:
        raise ArtifactError(f"{name!r} is larger than {max_bytes} bytes")
    return File(data, executable=bool(status.st_mode & 0o111))


def write_tree(folder: Path, tree: Tree) -> None:
    """Write a tree into a folder of ours (created if need be); paths are checked."""
    folder.mkdir(parents=True, exist_ok=True)
    for path, file in tree.items():
        target = folder / check_path(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(file.data)
        target.chmod(0o755 if file.executable else 0o644)
