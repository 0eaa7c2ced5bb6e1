"""Places: whole or not at all, and nothing is replaced that no export has made."""

from __future__ import annotations

import pytest

from rqgm.core.errors import ConfigError
from rqgm.report.exports.places import MANIFEST, place, size_of, write_manifest


def leftovers(folder):
    """What lies beside the named places."""
    return [path.name for path in folder.iterdir() if path.name.startswith(".")]


def make_folder(out, text, *, force=False):
    """Export a folder with one file."""
    with place(out, folder=True, force=force) as scratch:
        (scratch / "a").write_text(text)
        write_manifest(scratch, {"format": "csv"})


def test_a_file_appears_when_it_is_whole(tmp_path):
    """Not before the block ends; folders above it are made."""
    out = tmp_path / "deep" / "run.jsonl"
    with place(out, folder=False, force=False) as scratch:
        scratch.write_text("x")
        assert not out.exists()
    assert out.read_text() == "x"
    assert leftovers(out.parent) == []


@pytest.mark.parametrize("folder", [True, False])
def test_what_fails_leaves_nothing_behind(tmp_path, folder):
    """Neither the place nor a part of it; what was there stays as it was."""
    out = tmp_path / "run"
    if folder:
        make_folder(out, "old")
    else:
        out.write_text("old")

    def fail() -> None:
        with place(out, folder=folder, force=True) as scratch:
            (scratch / "b" if folder else scratch).write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert (out / "a" if folder else out).read_text() == "old"
    assert leftovers(tmp_path) == []


def test_nothing_is_replaced_without_force(tmp_path):
    """The message says how to go on."""
    out = tmp_path / "run"
    make_folder(out, "old")
    with pytest.raises(ConfigError, match="--force"), place(out, folder=True, force=False):
        pytest.fail("was begun")
    make_folder(out, "new", force=True)
    assert (out / "a").read_text() == "new"
    assert leftovers(tmp_path) == []


def test_force_keeps_what_no_export_has_made(tmp_path):
    """A folder of somebody's, a folder where a file is to be, a file where a folder is to be, a link to a folder."""
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "thesis.tex").write_text("years")
    link = tmp_path / "link"
    link.symlink_to(mine)
    (tmp_path / "file").write_text("x")
    for out, folder in ((mine, True), (mine, False), (link, True), (tmp_path / "file", True)):
        with pytest.raises(ConfigError, match="keeps it"), place(out, folder=folder, force=True):
            pytest.fail("was begun")
    assert (mine / "thesis.tex").read_text() == "years"


def test_an_empty_folder_may_be_taken_by_force(tmp_path):
    """There is nothing in it to lose."""
    (tmp_path / "run").mkdir()
    make_folder(tmp_path / "run", "new", force=True)
    assert size_of(tmp_path / "run") == (2, 3 + (tmp_path / "run" / MANIFEST).stat().st_size)
