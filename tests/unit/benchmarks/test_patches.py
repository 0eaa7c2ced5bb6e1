"""Patches of a recorded team: plausible ones only, balanced, in their episode's pool, grouped by program."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from patches import patches
from variants import SUITE

from rqgm.core.words import Pool
from rqgm.orchestration.drafts import Draft
from rqgm.orchestration.episodes import Episode, Reply
from rqgm.orchestration.recording_files import make_header
from rqgm.orchestration.recordings import Recording
from rqgm.tasks.suite import JudgingSuite, load_suite

if TYPE_CHECKING:
    from pathlib import Path

TRAIN, VALIDATION = "days-until-warmer", "camel-to-snake"


def reply(text: str, evidence: float, *, right: bool = False) -> Reply:
    return Reply(f"{text} {evidence}", Draft(text, text, evidence), right)


@pytest.fixture
def recording() -> Recording:
    replies = (
        reply("right", 1.0, right=True),
        reply("right too", 1.0, right=True),
        reply("wrong", 1.0),
        reply("half", 0.5),
    )
    pools = {
        "train": [Episode(f"repair/{TRAIN}", TRAIN, replies)],
        "validation": [Episode(f"repair/{VALIDATION}", VALIDATION, replies[:1])],
    }
    return Recording(make_header("team", "evidence", {}), pools)


def test_patches_are_plausible_balanced_and_in_the_pool_of_their_episode(recording: Recording, tmp_path: Path) -> None:
    """A pool in which all are right has none; nothing that fails a visible test is a patch."""
    suite = load_suite(patches(recording, [SUITE], 0, tmp_path / "out"))
    assert isinstance(suite, JudgingSuite)
    assert suite.counts() == {"train": 2}
    told = {suite.item(name).artifact["program.py"].data.decode(): suite.label(name).value for name in suite.names()}
    assert told.pop("wrong") == "reject"
    assert set(told.values()) == {"accept"}
    assert {suite.item(name).task for name in suite.names(Pool.TRAIN)} == {TRAIN}


def test_equal_arguments_write_equal_folders(recording: Recording, tmp_path: Path) -> None:
    """To the byte."""
    one, other = (patches(recording, [SUITE], 0, tmp_path / name) for name in ("one", "other"))
    files = {path.name: path.read_bytes() for path in one.iterdir()}
    assert files == {path.name: path.read_bytes() for path in other.iterdir()}
    with pytest.raises(FileExistsError):
        patches(recording, [SUITE], 0, one)
