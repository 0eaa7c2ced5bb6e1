"""The synthetic world itself."""

from __future__ import annotations

from pathlib import Path

from rqgm.archive.run_archive import LOCK_FILE, RunArchive
from rqgm.evolution.worker import Validation
from rqgm.testing.worlds import SyntheticWorker, World, begin, workspace


async def test_equal_cells_have_equal_outcomes(tmp_path: Path) -> None:
    """A child that changed only its reviewer has its parent's coder outcomes, as the cache takes for granted."""
    (tmp_path / LOCK_FILE).write_text("{}")
    world = World()
    with RunArchive(tmp_path, writer=True, create=True) as archive:
        begin(archive, world, {"coder": 0.5, "reviewer": 0.6})
        parent = archive.state.nodes[0].commit
        child = archive.lineage.add(1, workspace({"coder": 0.5, "reviewer": 0.7}), parent, "edit", {})
        worker = SyntheticWorker(world, archive)
        for number in range(20):
            task = f"validation-{number:04d}"
            jobs = [Validation(1, commit, "coder", task, "tests", {}, "key", None) for commit in (parent, child)]
            one, other = [await worker.validate(job) for job in jobs]
            assert one["y"] == other["y"]
