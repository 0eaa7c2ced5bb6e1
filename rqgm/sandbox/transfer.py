"""The checked copy: trees into a sandbox, files out of one. What comes out is never trusted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rqgm.core.errors import ArtifactError, ConfigError, SandboxLostError
from rqgm.core.trees import File, TreeLimits, check_path

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rqgm.core.trees import Tree
    from rqgm.sandbox.connection import Connection


def check_inside(path: str) -> str:
    """Return `path` if it is a plain absolute path inside a sandbox, else raise ConfigError."""
    try:
        check_path(path.removeprefix("/"))
    except ArtifactError as error:
        raise ConfigError(f"path {path!r:.120} in a sandbox must be absolute and plain") from error
    if not path.startswith("/"):
        raise ConfigError(f"path {path!r:.120} in a sandbox must be absolute")
    return path


async def send_tree(connection: Connection, path: str, tree: Tree, *, writable: bool) -> None:
    """Place a tree; paths are checked."""
    files = sorted(tree.items())
    table = [[check_path(name), len(file.data), file.executable] for name, file in files]
    request = {"do": "put", "path": check_inside(path), "writable": writable, "files": table}
    await connection.send(request, b"".join(file.data for _, file in files))
    header, _ = await connection.receive()
    if "refused" in header:
        raise ConfigError(f"{path}: cannot be placed: {header['refused']!s:.300}")


async def fetch_files(
    connection: Connection, path: str, names: Sequence[str] | None, limits: TreeLimits
) -> dict[str, File]:
    """Copy files out; every path, size and count is checked again here, while they stream in."""
    request = {
        "do": "get",
        "path": check_inside(path),
        "names": None if names is None else sorted({check_path(name) for name in names}),
        "skipped": sorted(limits.skipped),
        "files": limits.files,
        "file_bytes": limits.file_bytes,
        "total_bytes": limits.total_bytes,
    }
    await connection.send(request)
    tree: dict[str, File] = {}
    problem: ArtifactError | None = None
    left = limits.total_bytes
    while True:
        header, data = await connection.receive(limits.file_bytes)
        if "file" not in header:
            break
        left -= len(data)
        # Goes on reading after a refusal: the line stays usable, and the keeper keeps to the same limits.
        problem = problem or _add(tree, header, data, limits.files, left)
    if "refused" in header:
        problem = problem or ArtifactError(str(header["refused"])[:400])
    if problem:
        raise problem
    return dict(sorted(tree.items()))


def _add(tree: dict[str, File], header: dict[str, Any], data: bytes, max_files: int, left: int) -> ArtifactError | None:
    """Add one file; return what is wrong with it, if anything is."""
    if left < 0 or len(tree) >= max_files:
        raise SandboxLostError("the sandbox sent more than was asked for")
    try:
        tree[check_path(str(header["file"]))] = File(data, executable=header.get("executable") is True)
    except ArtifactError as error:
        return error
    return None
