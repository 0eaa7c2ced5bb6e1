"""Places: an export appears whole or not at all, and never takes the place of what no export has made."""

from __future__ import annotations

import json
import os
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rqgm.core.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MANIFEST = "export.json"
"""In every folder that an export makes: what it was made of. A folder without it is never replaced."""


@contextmanager
def place(out: Path, *, folder: bool, force: bool) -> Iterator[Path]:
    """Yield a path beside `out` to write to; what was written there takes the place of `out` when the block ends well.

    Raises ConfigError if `out` exists, unless `force`; and in any case if it is something that no export has made.
    """
    check(out, folder=folder, force=force)
    out.parent.mkdir(parents=True, exist_ok=True)
    scratch = out.with_name(f".{out.name}.{os.getpid()}.part")
    _remove(scratch)
    if folder:
        scratch.mkdir()
    try:
        yield scratch
        _move(scratch, out, force=force)
    finally:
        _remove(scratch)


def check(out: Path, *, folder: bool, force: bool) -> None:
    """Refuse a place that an export may not take, with ConfigError."""
    if not out.is_symlink() and not out.exists():
        return
    if not force:
        raise ConfigError(f"--out {out}: exists; name another place, or replace it with --force")
    if folder and not (out.is_dir() and not out.is_symlink() and _ours(out)):
        raise ConfigError(f"--out {out}: is no folder of an export ({MANIFEST} is not in it), so --force keeps it too")
    if not folder and not out.is_file():
        raise ConfigError(f"--out {out}: is no file, so --force keeps it too")


def _ours(folder: Path) -> bool:
    return (folder / MANIFEST).is_file() or not any(folder.iterdir())


def _move(scratch: Path, out: Path, *, force: bool) -> None:
    if not scratch.is_dir():
        scratch.replace(out)
        return
    check(out, folder=True, force=force)  # writing may have taken long
    old = out.with_name(f".{out.name}.{os.getpid()}.old")
    if out.exists():
        out.rename(old)
    scratch.rename(out)
    _remove(old)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def write_manifest(folder: Path, told: dict[str, Any]) -> None:
    """Say in a folder what it holds."""
    (folder / MANIFEST).write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")


def size_of(path: Path) -> tuple[int, int]:
    """Return (files, bytes) of a file or folder."""
    files = [path] if path.is_file() else [found for found in path.rglob("*") if found.is_file()]
    return len(files), sum(found.stat().st_size for found in files)
