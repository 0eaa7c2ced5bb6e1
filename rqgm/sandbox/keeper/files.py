"""Files: written where they are placed, and read back from folders that may be hostile."""

# ruff: noqa: PTH101, PTH103, PTH118, PTH120, PTH123, PTH208  # pathlib and contextlib cost too much of a start

from __future__ import annotations

import os
import stat

from rqgm.sandbox.keeper.line import RefusedError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from rqgm.sandbox.keeper.place import Keeper

BYTES_PER_INODE = 2_048
FEWEST_INODES = 4_096


def within(path: str, top: str) -> bool:
    """Tell whether `path` is `top` or lies below it."""
    return path == top or path.startswith(top.rstrip("/") + "/")


def cut(files: list[list[Any]], body: bytes) -> Iterator[tuple[str, bytes, bool]]:
    """Split the body of a put into its files."""
    start = 0
    for name, size, executable in files:
        yield name, body[start : start + size], executable
        start += size


def write_files(top: str, files: list[tuple[str, bytes, bool]], mask: int = 0o777) -> None:
    """Write files below `top`; `mask` is what of their mode is kept."""
    os.makedirs(top, exist_ok=True)
    for name, data, executable in files:
        path = f"{top}/{name}"
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(data)
        os.chmod(path, (0o755 if executable else 0o644) & mask)


def most_files(limit: int) -> int:
    """Return how many files may be stored where `limit` bytes may: empty ones take the host's memory as well."""
    return max(FEWEST_INODES, limit // BYTES_PER_INODE)


def folder_over(folder: str, limit: int) -> bool:
    """Tell whether a folder holds more than `limit` bytes or too many files."""
    total = count = 0
    for base, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(os.path.join(base, name)).st_blocks * 512
            except OSError:
                continue
            count += 1
            if total > limit or count > most_files(limit):
                return True
    return False


class Walk:
    """A walk over a folder that may be hostile: no link is followed, limits are kept while reading."""

    def __init__(self, keeper: Keeper, request: dict[str, Any]) -> None:
        self.binds = keeper.binds
        self.top: str = request["path"]
        self.names: list[str] | None = request["names"]
        self.skipped = set(request["skipped"])
        self.left_files: int = request["files"]
        self.file_bytes: int = request["file_bytes"]
        self.left_bytes: int = request["total_bytes"]

    def files(self, base: str, rest: str) -> Iterator[tuple[str, bytes, bool]]:
        """Yield (name, data, executable) of each regular file in `rest` below `base`; RefusedError on anything else."""
        root = self._descend(open_folder(None, base), rest.strip("/"))
        if root is None:
            return
        if self.names is None:
            yield from self._folder(root, "")
            return
        for name in self.names:
            parent, _, last = name.rpartition("/")
            folder = self._descend(os.dup(root), parent)
            if folder is not None and last in os.listdir(folder):
                yield from self._entry(folder, last, name)

    def _descend(self, folder: int | None, path: str) -> int | None:
        for part in path.split("/") if path else ():
            if folder is None:
                return None
            following = open_folder(folder, part)
            os.close(folder)
            folder = following
        return folder

    def _folder(self, folder: int, prefix: str) -> Iterator[tuple[str, bytes, bool]]:
        for name in sorted(os.listdir(folder)):
            yield from self._entry(folder, name, prefix + name)
        os.close(folder)

    def _entry(self, folder: int, name: str, path: str) -> Iterator[tuple[str, bytes, bool]]:
        status = os.stat(name, dir_fd=folder, follow_symlinks=False)
        if stat.S_ISDIR(status.st_mode):
            bound = self.binds.get(f"{self.top}/{path}")
            below = open_folder(None, bound) if bound else open_folder(folder, name)
            if below is not None and name not in self.skipped:
                yield from self._folder(below, path + "/")
            return
        yield path, self._read(folder, name, path), bool(status.st_mode & 0o111)

    def _read(self, folder: int, name: str, path: str) -> bytes:
        self.left_files -= 1
        if self.left_files < 0:
            raise RefusedError("more files than allowed")
        try:
            flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
            descriptor = os.open(name, flags, dir_fd=folder)
        except OSError as error:
            raise RefusedError(f"{path!r:.200} cannot be read: {error.strerror}") from error
        with os.fdopen(descriptor, "rb") as file:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise RefusedError(f"{path!r:.200} is not a regular file")
            if status.st_nlink > 1:
                raise RefusedError(f"{path!r:.200} is a hard link")
            data = file.read(min(self.file_bytes, self.left_bytes) + 1)
        if len(data) > min(self.file_bytes, self.left_bytes):
            raise RefusedError(f"{path!r:.200} is larger than allowed, alone or with the others")
        self.left_bytes -= len(data)
        return data


def open_folder(parent: int | None, name: str) -> int | None:
    """Open a folder without following a link; None if there is none, RefusedError if something stands in its place."""
    try:
        return os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=parent)
    except FileNotFoundError:
        return None
    except OSError as error:
        if stat.S_ISREG(os.lstat(name, dir_fd=parent).st_mode):
            return None
        raise RefusedError(f"{name!r:.200} cannot be opened as a folder: {error.strerror}") from error
