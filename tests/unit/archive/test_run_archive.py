"""One run's folder."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from rqgm.archive.run_archive import LOCK_FILE, RunArchive
from rqgm.archive.state import State
from rqgm.core.errors import ConfigError, IntegrityError, RunBusyError
from rqgm.testing.worlds import World, begin


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a run's folder with generation zero in it."""
    (tmp_path / LOCK_FILE).write_text("{}")
    with RunArchive(tmp_path, writer=True, create=True) as archive:
        begin(archive, World())
    return tmp_path


def test_a_folder_without_a_lock_is_no_run(tmp_path: Path) -> None:
    """Nothing is made there."""
    with pytest.raises(ConfigError, match=r"not a run \(no run\.lock\.json\)"):
        RunArchive(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_what_was_written_is_there_again(folder: Path) -> None:
    """State, lineage and ledger of a run that was closed."""
    with RunArchive(folder) as archive:
        assert [node.tried for node in archive.state.nodes] == ["generation zero"]
        assert "quality.json" in archive.lineage.tree(archive.state.nodes[0].commit)
        assert archive.ledger.verify() == archive.ledger.head


def test_a_run_is_held_by_one_writer(folder: Path) -> None:
    """The second is refused, with the first one's process id; when the first is gone it may."""
    with RunArchive(folder, writer=True):
        with pytest.raises(RunBusyError, match=f"process {os.getpid()} is running it"):
            RunArchive(folder, writer=True)
        with RunArchive(folder):
            pass  # reading is always allowed
    with RunArchive(folder, writer=True):
        pass


def test_a_dead_writers_mark_holds_nobody_up(folder: Path) -> None:
    """The lock is the kernel's; the file that a killed process leaves behind means nothing."""
    (folder / "held").write_text("99999999")
    with RunArchive(folder, writer=True):
        assert (folder / "held").read_text() == str(os.getpid())


def test_closing_twice_is_fine(folder: Path) -> None:
    """Clean-up may meet clean-up."""
    archive = RunArchive(folder, writer=True)
    archive.close()
    archive.close()


def test_state_and_ledger_move_together(folder: Path) -> None:
    """A commit is in both."""
    with RunArchive(folder, writer=True) as archive:
        archive.commit(("dispatched", {"n": 1, "job": {"kind": "expand", "node": 0, "mate": None, "train": []}}))
        assert archive.state.pending.keys() == {1}
        assert State.fold(archive.ledger.events()).pending == archive.state.pending


def test_an_event_of_a_newer_version_is_refused_with_its_kind(folder: Path) -> None:
    """An old reader does not guess."""
    with RunArchive(folder, writer=True) as archive:
        archive.ledger.append([("teleported", {})])
    with pytest.raises(IntegrityError, match="unknown kind 'teleported'"):
        RunArchive(folder)


def test_a_failed_opening_gives_the_folder_free(folder: Path) -> None:
    """The lock is let go with the error, not with the last reference to it."""
    with RunArchive(folder, writer=True) as archive:
        archive.ledger.append([("teleported", {})])
    with pytest.raises(IntegrityError) as kept:
        RunArchive(folder, writer=True)
    with pytest.raises(IntegrityError):
        RunArchive(folder, writer=True)
    del kept


@pytest.mark.parametrize("name", ["refs/heads/nodes/000001.lock", "refs/heads/seed.lock"])
def test_a_lock_that_a_killed_git_left_behind_holds_nobody_up(folder: Path, name: str) -> None:
    """Whoever holds the run may clear what a dead process locked: nobody else writes there."""
    stale = folder / "lineage.git" / name
    stale.parent.mkdir(parents=True, exist_ok=True)
    stale.touch()
    with RunArchive(folder, writer=True) as archive:
        seed = archive.state.nodes[0].commit
        tree = archive.lineage.tree(seed)
        assert archive.lineage.add(0, tree, None, "seed", {}) == seed
        archive.lineage.add(1, tree, seed, "edit", {})


def test_a_repository_that_was_half_made_is_made_again(tmp_path: Path) -> None:
    """Killed between the folder and its HEAD."""
    (tmp_path / "lineage.git").mkdir()
    (tmp_path / "lineage.git" / "HEAD.lock").touch()
    with RunArchive(tmp_path, writer=True, create=True) as archive:
        begin(archive, World())
