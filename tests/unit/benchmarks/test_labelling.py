"""Labels come from runs in sandboxes; the written suite is one that the panel can be asked about."""

from __future__ import annotations

from pathlib import Path

import labelling
import pytest

from rqgm.core.words import Verdict
from rqgm.tasks.suite import load_suite

TASKS = Path(__file__).parents[3] / "tasks" / "repair"
NAME = "ean13-check-digit"
"""A train task."""


@pytest.fixture
def task():
    return load_suite(TASKS).task(NAME)


async def test_a_program_is_labelled_by_its_visible_and_hidden_tests(task):
    """The right one passes all; the faulty one some of the visible ones; what does not run none, and that is a label."""
    texts = [task.solution["program.py"].data.decode(), task.environment["program.py"].data.decode(), "x = (", ""]
    async with labelling.bench("process", 2, allow_unsafe=True) as at:
        right, faulty, broken, nothing = await at.label(task, texts)
    assert (right.visible, right.plausible, right.right) == (1.0, True, True)
    assert 0 < faulty.visible < 1
    assert not faulty.right
    assert [(c.visible, c.right) for c in (broken, nothing)] == [(0.0, False)] * 2


def test_candidates_are_written_as_a_judging_suite(task, tmp_path):
    """Hidden tests and labels stay out of the items; without an original the visible tests are all that is shown."""
    found = [labelling.Candidate(NAME, f"x = {n}\n", 1.0, n == 0) for n in range(2)]
    for original, shown in ((True, {"program.py", "visible.json"}), (False, {"visible.json"})):
        folder = labelling.write_items(tmp_path / f"made-{original}".lower(), {NAME: task}, found, original=original)
        suite = load_suite(folder)
        assert set(suite.item(found[0].id).environment) == shown
        assert suite.item(found[0].id).artifact["program.py"].data == b"x = 0\n"
        assert [suite.label(c.id) for c in found] == [Verdict.ACCEPT, Verdict.REJECT]
        assert "label" not in (folder / "items.jsonl").read_text()
