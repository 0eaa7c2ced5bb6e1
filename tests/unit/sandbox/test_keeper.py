"""The keeper's own parts, on this machine's files."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

from rqgm.sandbox.keeper.files import Walk, folder_over, most_files, within, write_files
from rqgm.sandbox.keeper.line import RefusedError
from rqgm.sandbox.keeper.processes import exit_code_of, numbers

if TYPE_CHECKING:
    from pathlib import Path


class Place:
    """What a walk needs to know of a keeper."""

    def __init__(self, binds: dict[str, str] | None = None) -> None:
        self.binds = binds or {}


def walk(folder: Path, binds: dict[str, str] | None = None, rest: str = "", **request: Any) -> dict[str, bytes]:
    asked = {"path": "/app", "names": None, "skipped": [".git"], "files": 5, "file_bytes": 10, "total_bytes": 20}
    found = Walk(Place(binds), asked | request).files(str(folder), rest)  # type: ignore[arg-type]
    return {name: data for name, data, _ in found}


def test_walk_gives_regular_files(tmp_path: Path) -> None:
    """Files of all depths come, ignored folders do not."""
    write_files(str(tmp_path), [("a", b"1", False), ("b/c", b"2", True), (".git/x", b"3", False)])
    assert walk(tmp_path) == {"a": b"1", "b/c": b"2"}
    assert walk(tmp_path, names=["b", "no", "a/no", "b/no"]) == {"b/c": b"2"}
    assert walk(tmp_path, rest="/b") == {"c": b"2"}


def test_walk_crosses_into_bound_folders(tmp_path: Path) -> None:
    """Where a folder stands for another place, that place is read."""
    write_files(str(tmp_path / "place"), [("x", b"x", False)])
    (tmp_path / "top/io").mkdir(parents=True)
    assert walk(tmp_path / "top", {"/app/io": str(tmp_path / "place")}) == {"io/x": b"x"}


@pytest.mark.parametrize("kind", ["link", "folder link", "hard link", "pipe", "large", "many", "total"])
def test_walk_refuses(tmp_path: Path, kind: str) -> None:
    """Links, pipes and too much are refused."""
    (tmp_path / "a").write_bytes(b"a")
    if kind == "link":
        (tmp_path / "b").symlink_to("a")
    elif kind == "folder link":
        (tmp_path / "b").symlink_to("/etc")
    elif kind == "hard link":
        (tmp_path / "b").hardlink_to(tmp_path / "a")
    elif kind == "pipe":
        os.mkfifo(tmp_path / "b")
    elif kind == "large":
        (tmp_path / "b").write_bytes(bytes(11))
    for number in range({"many": 5, "total": 3}.get(kind, 0)):
        (tmp_path / f"n{number}").write_bytes(bytes(1 if kind == "many" else 9))
    with pytest.raises(RefusedError):
        walk(tmp_path)


def test_link_on_the_way_is_refused(tmp_path: Path) -> None:
    """No part of a path that hostile code could have replaced is followed."""
    (tmp_path / "b").symlink_to("/etc")
    with pytest.raises(RefusedError):
        walk(tmp_path, rest="/b/alternatives")
    with pytest.raises(RefusedError):
        walk(tmp_path, names=["b/passwd"])


def test_missing_folder_is_empty(tmp_path: Path) -> None:
    """A folder that is not there, or is a file, gives nothing."""
    (tmp_path / "file").write_bytes(b"")
    assert walk(tmp_path / "no") == {}
    assert walk(tmp_path, rest="/no/no") == {}
    assert walk(tmp_path, rest="/file/no") == {}


def test_folder_is_measured(tmp_path: Path) -> None:
    """Bytes and files of a folder count against its limit."""
    write_files(str(tmp_path), [("a", bytes(100_000), False)])
    assert folder_over(str(tmp_path), 50_000)
    assert not folder_over(str(tmp_path), 200_000)
    assert most_files(1) == most_files(1 << 20) == 4_096
    assert most_files(64 << 20) == 32_768


@pytest.mark.parametrize(("path", "top", "inside"), [("/a", "/a", True), ("/a/b", "/a", True), ("/ab", "/a", False)])
def test_within(path: str, top: str, inside: bool) -> None:
    """A path lies within itself and its parents, not within a name that it merely starts with."""
    assert within(path, top) is inside


def test_exit_codes() -> None:
    """Wait statuses become 0-255, signals 128 and more."""
    assert [exit_code_of(status) for status in (0, 3 << 8, 255 << 8, 9, 15)] == [0, 3, 255, 137, 143]


def test_stat_fields_survive_a_hostile_name() -> None:
    """A process name with brackets and spaces does not shift the fields of its stat file."""
    fields = numbers(f"/proc/{os.getpid()}/stat")
    assert fields[0] in "RSD"
    assert int(fields[1]) == os.getppid()
    assert numbers("/proc/0/stat") == []
