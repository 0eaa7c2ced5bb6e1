"""What the pages show: it adds up, and labels stay hidden while a run goes on."""

from __future__ import annotations

import json

import pytest

from rqgm.report.pages.data import Pages


@pytest.fixture(scope="session")
def pages(run):
    """The pages of the finished run."""
    return Pages(run)


def test_everything_is_plain_data(pages):
    """The head and every part can be written as JSON, with no number that JSON has not."""
    for data in (pages.head, *(pages.part(name) for name in pages.names())):
        assert json.loads(json.dumps(data, allow_nan=False)) is not None


def test_nodes_are_those_of_the_state(pages, run):
    """Parents, counts and beliefs are the state's."""
    for node, row in zip(run.state.nodes, pages.head["nodes"], strict=True):
        assert (row["commit"], row["parent"], row["epoch"]) == (node.commit, node.parent, node.epoch)
        assert row["belief"] == pytest.approx(run.state.belief(node.index), abs=1e-4)
        for role, counts in run.state.by_role(node.index).items():
            shown = row["roles"][role] or [0, 0]
            assert shown[:2] == [pytest.approx(counts.successes), pytest.approx(counts.total)]


def test_outcomes_are_all_there_with_who_judged(pages, run):
    """Each record is a row; a seat's judge is the node that sat in that epoch."""
    data = pages.part("outcomes")
    assert [row[0] for row in data["rows"]] == list(run.state.records)
    sat = {(s["slot"], s["epoch"]): s["node"] for s in pages.head["sittings"]}
    judged = 0
    for row in data["rows"]:
        for slot, verdict, node in row[11]:
            name = data["words"][slot]
            epochs = [epoch for (other, epoch) in sat if other == name and epoch <= row[8]]
            assert node == sat[name, max(epochs)]
            assert data["words"][verdict] in {"accept", "reject"}
            judged += 1
    assert judged > 20
    assert len(data["tests"]) == len(run.state.test)


def test_a_judges_record_adds_up_to_its_counts(pages):
    """Right = what it said is the label; as many are live as its counts say; some judge was replaced."""
    record = pages.part("judged")
    for judge in pages.head["judges"]:
        rows = record.get(f"{judge['role']}/{judge['hash']}", [])
        for measure, counts in judge["counts"].items():
            live = [row for row in rows if row[1] == measure and row[9]]
            assert (sum(row[5] for row in live), len(live)) == (counts["right"], counts["judged"])
        for _, measure, verdict, label, provenance, y, *_ in rows:
            assert y == int(verdict == label)
            assert provenance == "machine" or measure == "anchor"
    assert any(row[1] == "adversarial" for rows in record.values() for row in rows)
    assert pages.head["summary"]["replacements"]
    assert all(judge["quality"] for judge in pages.head["judges"] if judge["sat"])


def test_a_run_that_goes_on_shows_no_label(run, earlier):
    """No record of labelled items, no outcome of a judge role and nothing a judge said of an item; counts only."""
    younger = earlier(run.archive.ledger.seq - 2)
    pages = Pages(younger)
    assert not pages.head["labels"]
    assert "judged" not in pages.names()
    with pytest.raises(KeyError):
        pages.part("judged")
    data = pages.part("outcomes")
    assert {data["words"][row[2]] for row in data["rows"]} == {"coder"}
    reviewed = {record.n for record in younger.state.records.values() if record.role == "reviewer"}
    said = {n for name in pages.names() if name.startswith("node/") for n in pages.part(name)["said"]}
    assert reviewed
    assert not said & reviewed
    assert sum(judge["counts"]["anchor"]["judged"] for judge in pages.head["judges"]) > 0


@pytest.mark.parametrize(
    "name", ["", "node", "node/-1", "node/60000", "node/x", "node/²", "outcomes/1", "__class__", "calls"]
)
def test_there_is_no_other_part(pages, name):
    """KeyError, whatever is asked for."""
    with pytest.raises(KeyError):
        pages.part(name)


def test_the_most_wanted_nodes_come_first(pages):
    """Paths of the endpoints and of whoever sat are before all others: they are the last to lose anything."""
    nodes = [int(name.removeprefix("node/")) for name in pages.names() if name.startswith("node/")]
    state = pages.run.state
    ends = [*pages.head["endpoints"].values(), *(s["node"] for s in pages.head["sittings"])]
    wanted = {step for end in ends for step in state.path(end)}
    assert set(nodes[: len(wanted)]) == wanted
    assert sorted(nodes) == list(range(len(state.nodes)))


def test_an_edit_and_its_evidence_are_told(pages, run):
    """A node's page has its diff, its editor's words, and the train outcomes that were run for it."""
    page = pages.part("node/5")
    assert page["why"]
    assert len(page["train"]) == 4
    assert "harbour" in page["train"][0]["notes"]
    assert sum(file["added"] for file in page["files"]) == pages.head["nodes"][5]["lines"][0] > 0
    assert pages.head["nodes"][5]["made"] <= run.state.spent
    rejected = pages.part("rejected")
    assert len(rejected) == len(run.state.rejected) == pages.head["rejected"] > 0
    assert rejected[0]["failure"] == "broken-workspace"


@pytest.mark.parametrize("seq", [2, 3, 5, 20])
def test_a_run_that_has_hardly_begun_has_pages(earlier, seq):
    """Generation zero alone, without one outcome; everything is there, and says so."""
    pages = Pages(earlier(seq))
    assert pages.head["summary"]["endpoints"] is None
    assert len(pages.head["nodes"]) >= 1
    assert [pages.part(name) for name in pages.names()]
