"""What a run came to."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rqgm.core.errors import ConfigError, UnknownNameError
from rqgm.run.session import OpenedRun, open_run
from rqgm.run.summary import find_node, rate_of, replacements, summarise


@pytest.fixture
def run(finished: Path) -> Any:
    """Return the finished run, opened for reading."""
    opened = open_run(finished)
    yield opened
    opened.archive.close()


def test_a_summary_is_plain_data_about_the_whole_run(run: OpenedRun) -> None:
    """The same for `run --json` and `status --json`."""
    summary = json.loads(json.dumps(summarise(run), allow_nan=False))
    state = run.state
    assert summary["finished"] is True
    assert summary["reason"] == "the budget of outcomes is spent"
    assert (summary["outcomes"], summary["budget_outcomes"]) == (40, 40)
    assert (summary["nodes"], summary["erased"], summary["shared"]) == (len(state.nodes), state.erased, state.shared())
    assert (summary["lineage_head"], summary["ledger_head"]) == (state.lineage_head, run.archive.ledger.head)
    assert [epoch["epoch"] for epoch in summary["epochs"]] == list(range(len(state.epochs)))
    assert summary["wall_s"] >= 0


def test_every_result_on_the_test_pool_has_its_interval(run: OpenedRun) -> None:
    """Seed, generalist and specialists; the pool's size is the suite's."""
    summary = summarise(run)
    results = [summary["seed_test"], summary["endpoints"]["generalist"]["test"]]
    results += [specialist["test"] for specialist in summary["endpoints"]["specialists"].values()]
    for result, total in zip(results, (5, 5, 5, 8), strict=True):
        assert result["total"] == total
        low, high = result["interval"]
        assert low <= result["rate"] <= high
    assert summary["headline_role"] == "coder"
    assert set(summary["seed_tests"]) == {"coder", "reviewer"}


def test_the_gain_is_paired_by_task(run: OpenedRun) -> None:
    """Generalist minus seed, and how many tasks were gained and lost."""
    gain, summary = summarise(run)["gain"], summarise(run)
    rates = summary["endpoints"]["generalist"]["test"]["rate"] - summary["seed_test"]["rate"]
    assert gain["difference"] == pytest.approx(rates)
    assert (gain["gained"] - gain["lost"]) / 5 == pytest.approx(gain["difference"])
    assert gain["interval"][0] <= gain["difference"] <= gain["interval"][1]


def test_costs_are_split_and_the_split_adds_up(run: OpenedRun) -> None:
    """Validation, expansion, train evidence, test."""
    usage = summarise(run)["usage"]
    assert set(usage["split"]) == {"validation", "expansion", "train", "test"}
    for key in ("cpu_s", "agent_runs"):
        assert usage["total"][key] == pytest.approx(sum(part[key] for part in usage["split"].values()))


def test_replacements_are_the_decisions_that_changed_a_seat(run: OpenedRun) -> None:
    """With epoch and outcome count."""
    found = replacements(run.state)
    assert len(found) == sum(decision["replaced"] for epoch in run.state.epochs for decision in epoch["decisions"])
    assert all(entry["replaced"] for entry in found)


def test_an_unfinished_run_has_no_tests_and_no_endpoints(tiny: Path, tmp_path: Path, make_run: Any) -> None:
    """Null, not zero."""
    opened = open_run(make_run(tiny, tmp_path / "run", finish=False))
    try:
        summary = summarise(opened)
    finally:
        opened.archive.close()
    assert (summary["finished"], summary["reason"]) == (False, None)
    assert (summary["endpoints"], summary["seed_test"], summary["gain"]) == (None, None, None)
    assert (summary["nodes"], summary["outcomes"]) == (1, 0)


@pytest.mark.parametrize(("outcomes", "rate"), [([True, False], 0.5), ([True] * 4, 1.0), ([False], 0.0)])
def test_a_rate_has_an_interval(outcomes: list[bool], rate: float) -> None:
    """Jeffreys, closed at the ends."""
    found = rate_of(outcomes)
    assert (found["rate"], found["total"], found["passed"]) == (rate, len(outcomes), sum(outcomes))
    assert found["interval"][0] <= rate <= found["interval"][1]


def test_a_node_is_found_by_word_number_and_prefix(run: OpenedRun) -> None:
    """seed, generalist, specialist:<role>, #number, commit."""
    state = run.state
    assert find_node(state, "seed") == 0
    assert find_node(state, "#1") == 1
    assert find_node(state, state.nodes[1].commit[:12]) == 1
    assert find_node(state, state.nodes[1].commit) == 1
    assert find_node(state, "generalist") == state.endpoints["generalist"]["node"]
    assert find_node(state, "specialist:reviewer") == state.endpoints["specialists"]["reviewer"]["node"]


@pytest.mark.parametrize("name", ["", "zzzz", "#9999", "#-1", "#", "abc", "specialist", "SEED"])
def test_a_node_that_is_not_there_is_answered_with_how_to_name_one(run: OpenedRun, name: str) -> None:
    """A prefix of fewer than four digits is none."""
    with pytest.raises(ConfigError, match="A node is `seed`"):
        find_node(run.state, name)


def test_an_unknown_specialist_lists_the_roles(run: OpenedRun) -> None:
    """With the nearest."""
    with pytest.raises(UnknownNameError, match="did you mean 'coder'"):
        find_node(run.state, "specialist:codr")


def test_endpoints_of_an_unfinished_run_are_not_there_yet(tiny: Path, tmp_path: Path, make_run: Any) -> None:
    """The message says what to do."""
    opened = open_run(make_run(tiny, tmp_path / "run", finish=False))
    try:
        with pytest.raises(ConfigError, match="rqgm resume"):
            find_node(opened.state, "generalist")
    finally:
        opened.archive.close()


def test_a_digit_that_is_no_number_is_not_found(run: OpenedRun) -> None:
    """Foreign digits end in the same message."""
    with pytest.raises(ConfigError):
        find_node(run.state, "#²")


def test_the_time_between_a_kill_and_the_resume_is_no_running_time(tiny: Path, tmp_path: Path, make_run: Any) -> None:
    """`wall_s` leaves pauses out, also those that nobody could announce."""
    folder = make_run(tiny, tmp_path / "run", finish=False)
    from rqgm.archive.run_archive import RunArchive

    with RunArchive(folder, writer=True, clock=lambda: 4e9) as archive:  # a hundred years later
        archive.commit(("run_resumed", {}))
    opened = open_run(folder)
    try:
        assert summarise(opened)["wall_s"] < 3600
    finally:
        opened.archive.close()


def test_every_checkpoint_tells_of_the_pool_and_of_the_judges(run: OpenedRun) -> None:
    """Size, labels and sources of each judge role's pool; how right and how strict the judges are, with intervals."""
    summary = summarise(run)
    assert summary["adversarial"]["enabled"] is True
    assert summary["adversarial"]["pools"].keys() == {"reviewer"}
    for epoch in summary["epochs"]:
        pool = epoch["adversarial"]["reviewer"]
        assert pool["size"] == sum(pool["labels"].values()) == sum(pool["sources"].values())
        assert "items" not in pool
        for decision in epoch["decisions"]:
            assert decision["incumbent"]["quality"].keys() == {"anchor", "adversarial"}
    for seat in summary["seats"].values():
        assert (seat["role"], seat["node"]) == ("reviewer", run.state.nodes[seat["index"]].commit)
