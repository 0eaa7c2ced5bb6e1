"""Trees: folders as values."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from rqgm.core.errors import ArtifactError
from rqgm.core.trees import (
    File,
    TreeLimits,
    check_path,
    check_tree,
    hash_tree,
    read_file,
    read_tree,
    select,
    write_tree,
)


@pytest.mark.parametrize("path", ["a", "a/b.py", "a b", ".hidden", "é", "a/...", "-x"])
def test_plain_relative_paths_pass(path: str) -> None:
    """Ordinary names are left alone."""
    assert check_path(path) == path


@pytest.mark.parametrize(
    "path", ["", "/a", "../a", "a/../b", "a//b", "a/", "./a", "a\\b", "a\nb", "a\x00b", "\x7f", "x" * 401, "a/\ud800"]
)
def test_paths_that_lead_elsewhere_or_cannot_be_shown_are_refused(path: str) -> None:
    """No absolute paths, no dots, no empty parts, no control characters."""
    with pytest.raises(ArtifactError, match="plain relative path"):
        check_path(path)


def test_hash_covers_paths_contents_and_the_executable_bit() -> None:
    """Each of the three changes it; the order of a mapping does not."""
    base = {"a": File(b"1"), "b": File(b"2")}
    assert hash_tree(base) == hash_tree(dict(reversed(base.items())))
    others = [{"a": File(b"1")}, {"a": File(b"1"), "c": File(b"2")}, {"a": File(b"1", True), "b": File(b"2")}]
    assert len({hash_tree(tree) for tree in [base, *others]}) == 4


def test_select_takes_folders_and_single_files_but_not_namesakes() -> None:
    """`coder` is a folder, not a prefix."""
    tree = {name: File(b"") for name in ("coder/a.py", "coder/x/b.py", "coder2/c.py", "one.txt", "one.txt.bak")}
    assert sorted(select(tree, ["coder", "one.txt"])) == ["coder/a.py", "coder/x/b.py", "one.txt"]
    assert select(tree, []) == {}


@pytest.mark.parametrize(
    ("tree", "limits", "message"),
    [
        ({"a": File(b""), "b": File(b"")}, TreeLimits(files=1), "2 files, allowed 1"),
        ({"a": File(b"123")}, TreeLimits(file_bytes=2), "'a': 3 bytes, allowed 2"),
        ({"a": File(b"12"), "b": File(b"12")}, TreeLimits(total_bytes=3), "4 bytes in all, allowed 3"),
        ({"../a": File(b"")}, TreeLimits(), "plain relative path"),
    ],
)
def test_a_tree_beyond_its_limits_is_refused(tree: dict[str, File], limits: TreeLimits, message: str) -> None:
    """Counts, sizes and paths."""
    with pytest.raises(ArtifactError, match=message):
        check_tree(tree, limits)


def test_what_was_written_is_read_back(tmp_path: Path) -> None:
    """Bytes, nesting and the executable bit survive."""
    tree = {"a/b.sh": File(b"#!x", executable=True), "c": File(b"\x00\xff")}
    write_tree(tmp_path / "out", tree)
    assert read_tree(tmp_path / "out") == tree


def test_caches_and_repositories_are_left_out(tmp_path: Path) -> None:
    """`__pycache__` and `.git` are nobody's work."""
    write_tree(tmp_path, {"a.py": File(b""), "__pycache__/a.pyc": File(b"")})
    (tmp_path / "x" / ".git").mkdir(parents=True)
    (tmp_path / "x" / ".git" / "config").write_text("")
    assert sorted(read_tree(tmp_path)) == ["a.py"]


def test_links_devices_pipes_and_hard_links_are_refused(tmp_path: Path) -> None:
    """A hostile folder cannot show files of the host."""
    (tmp_path / "file").write_text("secret")
    for make in ("link", "dirlink", "pipe", "hard"):
        folder = tmp_path / make
        folder.mkdir()
        if make == "link":
            (folder / "x").symlink_to(tmp_path / "file")
        elif make == "dirlink":
            (folder / "x").symlink_to(tmp_path)
        elif make == "pipe":
            os.mkfifo(folder / "x")
        else:
            os.link(tmp_path / "file", folder / "x")
        with pytest.raises(ArtifactError):
            read_tree(folder)


@pytest.mark.parametrize("limits", [TreeLimits(files=1), TreeLimits(file_bytes=1), TreeLimits(total_bytes=3)])
def test_reading_stops_at_the_limits(tmp_path: Path, limits: TreeLimits) -> None:
    """Nothing large is read whole first."""
    write_tree(tmp_path, {"a": File(b"12"), "b": File(b"34")})
    with pytest.raises(ArtifactError):
        read_tree(tmp_path, limits)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    """The message has the name that the caller knows it by."""
    with pytest.raises(ArtifactError, match="'its name' cannot be read"):
        read_file(tmp_path / "absent", "its name", 10)


def test_a_folder_in_a_files_place_is_not_a_regular_file(tmp_path: Path) -> None:
    """A folder named like a file is refused like any other thing that is not one."""
    with pytest.raises(ArtifactError, match="'folder' is not a regular file"):
        read_file(tmp_path, "folder", 10)


def test_writing_refuses_paths_that_lead_out(tmp_path: Path) -> None:
    """Nothing is written outside the folder."""
    with pytest.raises(ArtifactError):
        write_tree(tmp_path / "in", {"../out": File(b"")})
    assert not (tmp_path / "out").exists()
