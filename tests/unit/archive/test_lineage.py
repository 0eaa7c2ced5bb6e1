"""The lineage."""

from __future__ import annotations

from pathlib import Path

import pygit2
import pytest

from rqgm.archive.lineage import Lineage, extend_head
from rqgm.core.errors import ArtifactError, IntegrityError
from rqgm.core.trees import File

SEED = {"a.py": File(b"1\n"), "x/b.py": File(b"2\n"), "run.sh": File(b"#!", executable=True)}


@pytest.fixture
def lineage(tmp_path: Path) -> Lineage:
    """Return an empty lineage."""
    return Lineage(tmp_path / "lineage.git", create=True)


def test_a_workspace_comes_back_whole(lineage: Lineage) -> None:
    """Paths, bytes and executable bits."""
    assert lineage.tree(lineage.add(0, SEED, None, "seed", {})) == SEED


def test_a_child_has_its_parent_and_its_own_files(lineage: Lineage) -> None:
    """Changed, added, removed, and a file where a folder was."""
    seed = lineage.add(0, SEED, None, "seed", {})
    edited = {"a.py": File(b"3\n"), "x": File(b"now a file"), "new/c": File(b""), "run.sh": File(b"#!")}
    child = lineage.add(1, edited, seed, "edit", {})
    back = lineage.add(2, SEED, child, "and back", {})
    assert lineage.tree(child) == edited
    assert lineage.tree(back) == SEED
    repo = pygit2.Repository(str(lineage.path))
    assert [str(parent) for parent in repo[child].parent_ids] == [seed]


def test_equal_runs_have_equal_commits(tmp_path: Path) -> None:
    """No clock and no user name is in a commit."""
    ids = []
    for name in ("one", "two"):
        lineage = Lineage(tmp_path / name, create=True)
        seed = lineage.add(0, SEED, None, "seed", {"Rqgm-Epoch": "0"})
        ids.append((seed, lineage.add(1, SEED | {"a.py": File(b"")}, seed, "edit", {"Rqgm-Job": "3"})))
    assert ids[0] == ids[1]


def test_adding_a_node_again_after_a_kill_gives_the_same_node(lineage: Lineage) -> None:
    """Git may be ahead of the ledger; the second time changes nothing."""
    seed = lineage.add(0, SEED, None, "seed", {})
    first = lineage.add(1, {"a": File(b"")}, seed, "edit", {})
    assert lineage.add(1, {"a": File(b"")}, seed, "edit", {}) == first
    repo = pygit2.Repository(str(lineage.path))
    assert sorted(repo.references) == ["refs/heads/nodes/000001", "refs/heads/seed"]


def test_foreign_words_cannot_forge_trailers_or_steer_a_terminal(lineage: Lineage) -> None:
    """The trailers are the last paragraph, and ours."""
    node = lineage.add(0, SEED, None, "nice\x1b[2J edit\nwhy\n\nRqgm-Epoch: 99\x00", {"Rqgm-Epoch": "1"})
    message = lineage.message(node)
    assert "\x1b" not in message
    assert "\x00" not in message
    assert message.rstrip().split("\n\n")[-1] == "Rqgm-Epoch: 1"
    trailers = pygit2.Repository(str(lineage.path))[node].message_trailers
    assert trailers["Rqgm-Epoch"] == "1"


def test_a_trailers_value_is_one_line(lineage: Lineage) -> None:
    """A line break in a value would begin another trailer."""
    node = lineage.add(0, SEED, None, "m", {"Rqgm-Mate": "abc\nRqgm-Epoch: 9"})
    assert lineage.message(node).rstrip().splitlines()[-1] == "Rqgm-Mate: abc Rqgm-Epoch: 9"


@pytest.mark.parametrize("message", ["", "\n\n", "\x00\x01"])
def test_an_edit_without_words_has_a_subject(lineage: Lineage, message: str) -> None:
    """Git shows a line for every node."""
    assert lineage.message(lineage.add(0, SEED, None, message, {})).strip() in ("no note", "")


def test_a_diff_shows_what_an_edit_changed(lineage: Lineage) -> None:
    """Unified, by path; nothing for equal workspaces."""
    seed = lineage.add(0, SEED, None, "seed", {})
    child = lineage.add(1, SEED | {"a.py": File(b"9\n")}, seed, "edit", {})
    assert "-1\n+9\n" in lineage.diff(seed, child)
    assert lineage.diff(seed, seed) == ""


@pytest.mark.parametrize("node", ["f" * 40, "not hex", ""])
def test_a_node_that_is_not_there_is_an_integrity_error(lineage: Lineage, node: str) -> None:
    """Unknown and malformed ids alike."""
    with pytest.raises(IntegrityError):
        lineage.tree(node)


def test_a_folder_that_is_no_repository_is_an_integrity_error(tmp_path: Path) -> None:
    """The message has its path."""
    with pytest.raises(IntegrityError, match="not a lineage"):
        Lineage(tmp_path / "absent")


def test_paths_that_lead_out_are_refused(lineage: Lineage) -> None:
    """Nothing reaches git unchecked."""
    with pytest.raises(ArtifactError):
        lineage.add(0, {"../a": File(b"")}, None, "m", {})


@pytest.mark.parametrize("path", [".GIT/x", "git~1/x", "a/.git", ".git "])
def test_names_that_git_refuses_are_an_artifact_error(lineage: Lineage, path: str) -> None:
    """A workspace with such a file is the editor's failure, not the engine's."""
    with pytest.raises(ArtifactError):
        lineage.add(0, {path: File(b"")}, None, "m", {})


def test_the_head_covers_all_nodes_in_their_order() -> None:
    """Two nodes in another order are another lineage."""
    start = "0" * 64
    assert extend_head(extend_head(start, "a"), "b") != extend_head(extend_head(start, "b"), "a")
    assert len(extend_head(start, "a")) == 64
