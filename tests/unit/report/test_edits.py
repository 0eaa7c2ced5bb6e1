"""What each edit changed of its parent, and what it gained."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path
from typing import Any

import pytest

from rqgm.archive.run_archive import LOCK_FILE, RunArchive
from rqgm.core.intervals import paired_difference
from rqgm.core.trees import File
from rqgm.evolution.loop import Loop, LoopSettings
from rqgm.evolution.settings import BudgetSettings, EndpointSettings, EpochSettings, SearchSettings
from rqgm.report.edits import archive_edits
from rqgm.report.history import judges, scores_by_epoch, seatings
from rqgm.testing.worlds import SyntheticWorker, World, begin

SLOT = "review/seat-0"
USAGE = {"cpu_s": 2.0, "agent_runs": 1}


class Written:
    """A run written event by event: its seed is one file a role, and every node changes what the test says."""

    def __init__(self, folder: Path) -> None:
        (folder / LOCK_FILE).write_text("{}")
        self.archive = RunArchive(folder, writer=True, create=True)
        begin(self.archive, World())
        self.trees = {0: self.archive.lineage.tree(self.archive.state.nodes[0].commit)}
        self.n = 0

    def add(self, parent: int, files: dict[str, bytes | None], *, roles: dict[str, str], **more: Any) -> int:
        """Add a node with some files changed, added or (None) removed; `roles` are the hashes that it changes."""
        state = self.archive.state
        index = len(state.nodes)
        changed = {path: File(data) for path, data in files.items() if data is not None}
        kept = {path: file for path, file in self.trees[parent].items() if path not in files}
        self.trees[index] = kept | changed
        self.n += 1
        before = state.nodes[parent]
        commit = self.archive.lineage.add(index, self.trees[index], before.commit, "edit", {})
        event = {"n": self.n, "commit": commit, "parent": parent, "mate": None, "epoch": state.epoch}
        event |= {"tried": "edit", "why": "", "roles": before.roles | roles, "train": []}
        event |= {"deterministic": sorted(before.deterministic), "usage": USAGE, "train_usage": USAGE}
        self.archive.commit(("node_added", event | more))
        return index

    def outcomes(self, node: int, role: str, measure: str, ys: dict[str, int], deps: tuple[str, ...] = ()) -> None:
        """Give a node outcomes on tasks."""
        for task, y in ys.items():
            self.n += 1
            event = {"n": self.n, "node": node, "role": role, "task": task, "measure": measure, "pool": "validation"}
            event |= {"y": y, "score": float(y), "weight": 1.0, "failure": None, "detail": "", "artifact": None}
            event |= {"artifact_key": None, "made": None, "opinions": [], "deps": list(deps), "usage": USAGE}
            self.archive.commit(("outcome", event | {"epoch": self.archive.state.epoch}))

    def close_epoch(self, seated: int, *, erase: bool) -> None:
        """Seat a node's reviewer, and erase what its forerunner said, or not."""
        state = self.archive.state
        seat = {"node": seated, "role_hash": state.nodes[seated].roles["reviewer"], "counter": 1}
        erased = sorted(state.dependents.get(SLOT, set())) if erase else []
        scores = [[node.index, 0.5, 4] for node in state.nodes]
        event = {"epoch": state.epoch, "outcomes": state.spent, "rule": "best-belief", "decisions": []}
        event |= {"seats": {SLOT: seat}, "erased": erased, "utility_id": "later", "scores": scores}
        self.archive.commit(("epoch_closed", event))


@pytest.fixture
def run(tmp_path: Path) -> Any:
    """A run of generation zero alone."""
    written = Written(tmp_path)
    yield written
    written.archive.close()


def test_an_edit_tells_what_it_changed_by_file_and_by_role(run: Written) -> None:
    """Lines are counted as git counts them; binary files have none."""
    first = run.add(0, {"a.py": b"1\n2\n3\n", "b.bin": b"\0\1"}, roles={"coder": "c1"}, mate=None)
    run.add(
        first, {"a.py": b"1\n3\n4\n5\n", "b.bin": None, "quality.json": b"\0"}, roles={"reviewer": "r", "editor": "e"}
    )
    one, two = archive_edits(run.archive)
    assert [(f.path, f.status, f.added, f.removed, f.binary) for f in one.files] == [
        ("a.py", "added", 3, 0, False),
        ("b.bin", "added", 0, 0, True),
    ]
    assert [(f.path, f.status, f.binary) for f in two.files] == [
        ("a.py", "changed", False),
        ("b.bin", "removed", True),
        ("quality.json", "changed", True),
    ]
    assert (two.files[0].added, two.files[0].removed, two.lines) == (2, 1, (2, 1))
    assert (one.roles, set(two.roles)) == (("coder",), {"reviewer", "editor"})
    assert [(edit.index, edit.parent) for edit in (one, two)] == [(1, 0), (2, 1)]


def test_only_the_executable_bit_changed(run: Written) -> None:
    """That is a change of no lines, and it is told."""
    first = run.add(0, {"a.sh": b"x\n"}, roles={"coder": "c1"})
    run.trees[first] = run.trees[first] | {"a.sh": File(b"x\n", executable=True)}
    run.add(first, {}, roles={"coder": "c2"})
    assert [(f.path, f.status, f.added, f.removed) for f in archive_edits(run.archive)[1].files] == [
        ("a.sh", "changed", 0, 0)
    ]


def test_a_gain_pairs_the_cells_that_parent_and_child_both_have(run: Written) -> None:
    """By task and measure; what only one of them was measured on does not count."""
    child = run.add(0, {"a": b""}, roles={"coder": "c1"})
    run.outcomes(0, "coder", "tests", {"t1": 0, "t2": 0, "t3": 1, "t4": 1, "only-parent": 1})
    run.outcomes(child, "coder", "tests", {"t4": 0, "t1": 1, "t2": 1, "t3": 1, "only-child": 1})
    run.outcomes(child, "coder", "panel:review", {"only-parent": 1}, deps=(SLOT,))
    (edit,) = archive_edits(run.archive)
    assert edit.gain["coder"] == paired_difference([False, False, True, True], [True, True, True, False])
    assert edit.gain["coder"].difference == 0.25
    told = edit.to_json()["gain"]["coder"]
    assert (told["gained"], told["lost"], told["cells"]) == (2, 1, 4)
    assert told["interval"][0] < 0.25 < told["interval"][1]


def test_a_role_that_was_not_changed_cannot_have_gained(run: Written) -> None:
    """Its outcomes are the parent's own."""
    child = run.add(0, {"a": b""}, roles={"editor": "e1"})
    run.outcomes(0, "coder", "tests", {"t1": 0})
    (edit,) = archive_edits(run.archive)
    assert edit.gain == {"coder": None, "reviewer": None}
    assert edit.changed == {"coder": False, "reviewer": False, "editor": True}
    assert child == edit.index


def test_without_a_common_cell_the_gain_is_not_known(run: Written) -> None:
    """None, not zero."""
    child = run.add(0, {"a": b""}, roles={"coder": "c1"})
    run.outcomes(0, "coder", "tests", {"t1": 0})
    run.outcomes(child, "coder", "tests", {"t2": 1})
    assert archive_edits(run.archive)[0].gain["coder"] is None


def test_what_was_shared_by_equal_content_counts_for_each_carrier(run: Written) -> None:
    """A grandchild that changes only the reviewer lends its coder's outcomes to its parent."""
    child = run.add(0, {"a": b""}, roles={"coder": "c1"})
    grandchild = run.add(child, {"b": b""}, roles={"reviewer": "r1"})
    run.outcomes(0, "coder", "tests", {"t1": 0})
    run.outcomes(grandchild, "coder", "tests", {"t1": 1})
    assert archive_edits(run.archive)[0].gain["coder"].difference == 1.0


@pytest.mark.parametrize(("erase", "cells"), [(True, None), (False, 1)])
def test_verdicts_of_different_judges_are_not_compared(run: Written, erase: bool, cells: int | None) -> None:
    """Erased ones are gone; where erasure is off, old verdicts stay, but are no match for a new judge's."""
    child = run.add(0, {"a": b""}, roles={"coder": "c1"})
    judge = run.add(0, {"b": b""}, roles={"reviewer": "r1"})
    run.outcomes(0, "coder", "panel:review", {"t1": 0, "t2": 0}, deps=(SLOT,))
    run.outcomes(child, "coder", "panel:review", {"t2": 1}, deps=(SLOT,))
    run.close_epoch(judge, erase=erase)
    run.outcomes(child, "coder", "panel:review", {"t1": 1}, deps=(SLOT,))
    gain = archive_edits(run.archive, [child])[0].gain["coder"]
    assert (gain.items if gain else None) == cells


def test_cost_mate_and_drafts_are_those_of_the_job(run: Written) -> None:
    """The editor's runs and those on train tasks; drafts only if the note tells."""
    first = run.add(0, {"a": b""}, roles={"coder": "c1"})
    run.add(0, {"b": b""}, roles={"coder": "c2"}, mate=first, tried="[+0.2 on 5 train tasks, 6 drafts] coder: x")
    one, two = archive_edits(run.archive)
    assert (one.mate, one.drafts, one.usage.cpu_s) == (None, None, 4.0)
    assert (two.mate, two.drafts, two.usage.agent_runs) == (first, 6, 2)
    assert json.loads(json.dumps(two.to_json(), allow_nan=False))["drafts"] == 6
    assert [edit.index for edit in archive_edits(run.archive, [two.index, 0])] == [two.index]


def test_who_judged_is_known_for_every_epoch(run: Written) -> None:
    """Generation zero first, then whoever was seated; a record is judged by who sat in its epoch."""
    judge = run.add(0, {"b": b""}, roles={"reviewer": "r1"})
    run.outcomes(0, "coder", "panel:review", {"t1": 0}, deps=(SLOT,))
    run.close_epoch(judge, erase=False)
    run.outcomes(0, "coder", "panel:review", {"t2": 1}, deps=(SLOT,))
    run.outcomes(0, "coder", "tests", {"t2": 1})
    state = run.archive.state
    seated = seatings(state)
    assert seated == [{SLOT: 0}, {SLOT: judge}]
    assert [judges(record, seated) for record in state.records.values()] == [{SLOT: 0}, {SLOT: judge}, {}]
    assert scores_by_epoch(state, 0) == [
        {"epoch": 0, "score": 0.5, "outcomes": 4, "judges": {SLOT: 0}},
        {"epoch": 1, "score": 0.666667, "outcomes": 3.0, "judges": {SLOT: judge}},
    ]


def test_a_long_patch_and_a_binary_one_are_told_of_but_not_made_into_text(run: Written) -> None:
    """`patches` bounds what one file can bring."""
    run.add(0, {"long.txt": b"line\n" * 500, "short.txt": b"1\n", "b.bin": b"\0"}, roles={"coder": "c1"})
    commits = [node.commit for node in run.archive.state.nodes]
    found = {patch.change.path: patch for patch in run.archive.lineage.patches(*commits, max_bytes=1_000)}
    assert found["long.txt"].text is None
    assert found["long.txt"].patch_bytes > 2_500
    assert found["long.txt"].change.added == 500
    assert found["b.bin"].text is None
    assert found["short.txt"].text.startswith("diff --git a/short.txt")


@pytest.mark.slow
def test_the_edits_of_a_thousand_nodes_are_told_in_under_two_seconds(tmp_path: Path) -> None:
    """Blobs that are equal are not read: 20 kB a node cost nothing."""
    (tmp_path / LOCK_FILE).write_text("{}")
    world = World(padding_bytes=20_000, rejected=0.0)
    settings = LoopSettings(
        seed=1,
        search=SearchSettings(alpha=1.0, max_nodes=1_000, train_samples=0),
        epochs=EpochSettings(first=10**9),
        endpoints=EndpointSettings(),
        budget=BudgetSettings(outcomes=1_000),
    )
    with RunArchive(tmp_path, writer=True, create=True) as archive:
        criterion = begin(archive, world)
        asyncio.run(Loop(archive, criterion, settings, SyntheticWorker(world, archive)).run())
        began = time.perf_counter()
        found = archive_edits(archive)
        took = time.perf_counter() - began
        assert len(found) == len(archive.state.nodes) - 1 > 900
        assert {(file.path, file.added, file.removed) for edit in found for file in edit.files} == {
            ("quality.json", 1, 1)
        }
        assert took < 2
