"""The chronicle: what was the best at each moment, read once or in pieces."""

from __future__ import annotations

import numpy as np
import pytest

from rqgm.archive.state import State
from rqgm.core.counts import Counts, mean_belief
from rqgm.evolution.endpoints import choose_endpoints
from rqgm.report.pages.chronicle import Chronicle, beliefs_of
from rqgm.report.pages.data import Pages


def test_beliefs_of_many_nodes_are_those_of_each():
    """The quick way agrees with `mean_belief`, also where nodes have equal counts."""
    counts = np.array([[[3, 0, 3, 7.5], [1, 0, 1, 2.5]], [[4, 1, 4, 0], [4, 9, 4, 0]]])
    wanted = [mean_belief([Counts(*counts[role, :, node]) for role in range(2)], 0.05) for node in range(4)]
    assert beliefs_of(counts, 0.05) == pytest.approx(wanted)


def test_each_sample_is_what_the_run_would_have_chosen_then(run):
    """At every checkpoint, before and after, and at the end: the endpoints that `choose_endpoints` would have named."""
    chronicle = Chronicle(run)
    chronicle.catch_up()
    state, seen = State(), []
    for event in run.archive.ledger.events():
        if event.kind == "epoch_closed":
            seen.append(_chosen(run, state))
        state.apply(event.kind, event.body)
        if event.kind == "epoch_closed":
            seen.append(_chosen(run, state))
    sampled = [s for k, s in enumerate(chronicle.samples) if s.closing or (k and chronicle.samples[k - 1].closing)]
    assert len(seen) >= 4
    assert [_told(sample) for sample in [*sampled, chronicle.now]] == [*seen, _chosen(run, state)]


def _chosen(run, state):
    found = choose_endpoints(state, run.criterion, run.lock.experiment.endpoints)
    ends = [found["generalist"], *(found["specialists"][role] for role in state.measured)]
    return [(end["node"], pytest.approx(end["best_belief"], abs=1e-6)) for end in ends]


def _told(sample):
    return [(best.node, best.belief) for best in (sample.generalist, *sample.specialists.values())]


def test_pages_that_read_on_tell_the_same_as_pages_made_anew(run, earlier, grow):
    """A live page ends where a report begins, whatever it saw on the way."""
    last = run.archive.ledger.seq
    younger = earlier(last // 3)
    pages = Pages(younger)
    assert not pages.over
    assert not pages.catch_up()
    for seq in (last // 3 + 1, last // 2, last - 1, last):
        grow(younger, seq)
        assert pages.catch_up()
        assert pages.head["version"] == seq
    fresh = Pages(run)
    assert pages.over
    pages.head["summary"]["folder"] = fresh.head["summary"]["folder"]
    assert pages.head == fresh.head
    assert pages.names() == fresh.names()
    names = [name for name in pages.names() if name != "signs"]  # in these the folder is named
    assert [name for name in names if pages.part(name) != fresh.part(name)] == []


def test_reading_writes_nothing(run):
    """The run's folder is as it was after its pages were made."""
    before = {path: path.stat().st_mtime_ns for path in run.folder.rglob("*") if path.is_file()}
    pages = Pages(run)
    for name in pages.names():
        pages.part(name)
    assert {path: path.stat().st_mtime_ns for path in before} == before
