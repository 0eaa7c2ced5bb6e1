"""What displaced judges accepted, and how it becomes a pool."""

from __future__ import annotations

from typing import Any

import pytest

from rqgm.archive.adversarial import AdversarialItem, AdversarialPool
from rqgm.archive.state import State
from rqgm.core.words import Pool, RoleKind, Verdict
from rqgm.evolution.criterion import Criterion, Measure, MeasuredRole
from rqgm.evolution.displacement import Intake, entrants, labellings, open_intakes
from rqgm.evolution.settings import AdversarialSettings
from rqgm.judging.panel import Panel, PanelSpec, SeatSpec

PLAIN = AdversarialSettings(reserve_per_epoch=0, accept_share=1)
SEATS = ("p/s0", "p/s1")
PANEL = Panel(PanelSpec(name="p", seats=[SeatSpec(name=f"s{k}", judge="role:reviewer") for k in range(2)]))


def criterion(*, tested: bool = True, adversarial: bool = True) -> Criterion:
    """Return a criterion with a panel of two reviewers."""
    tests = [Measure("tests", 1.0)] if tested else []
    hard = [Measure("adversarial", 1.0, share=0.5)] if adversarial else []
    anchor = {Pool.ANCHOR: tuple(f"item-{k}" for k in range(4))}
    return Criterion(
        (
            MeasuredRole("coder", RoleKind.SOLVER, "t", "t-1", {}, (*tests, Measure("panel", 1.0, PANEL))),
            MeasuredRole("reviewer", RoleKind.JUDGE, "i", "i-1", anchor, (Measure("anchor", 1.0), *hard)),
        ),
        "editor",
        "profile",
    )


class History:
    """A state written by hand, of one node."""

    def __init__(self) -> None:
        self.state = State()
        body: dict[str, Any] = {"n": None, "commit": "c", "parent": None, "epoch": 0, "tried": "", "why": ""}
        body |= {
            "train": [],
            "usage": {},
            "train_usage": {},
            "deterministic": [],
            "seats": dict.fromkeys(SEATS, "reviewer"),
        }
        self.state.apply("node_added", body | {"roles": {"coder": "k", "reviewer": "r", "editor": "e"}})

    def outcome(self, task: str, artifact: str | None, measure: str, y: int, *accepting: str) -> int:
        """Add an outcome of the coder; the seats `accepting` accept, the others reject."""
        n = len(self.state.records) + 1
        said = [{"slot": slot, "verdict": "accept" if slot in accepting else "reject"} for slot in SEATS]
        panel = measure != "tests"
        body: dict[str, Any] = {"n": n, "node": 0, "role": "coder", "task": task, "measure": measure, "y": y}
        body |= {"pool": "validation", "score": 0.0, "weight": 1.0, "failure": None, "artifact": artifact, "usage": {}}
        body |= {"epoch": self.state.epoch, "deps": list(SEATS) if panel else [], "opinions": said if panel else []}
        self.state.apply("outcome", body)
        return n

    def close(self, *slots: str, erased: tuple[int, ...] = ()) -> None:
        """End the epoch and replace the judges in `slots`."""
        seats = {s: {"node": 0, "role_hash": "x", "counter": self.state.seats[s].counter + 1} for s in slots}
        body = {"epoch": self.state.epoch, "outcomes": 0, "erased": list(erased), "seats": seats, "utility_id": ""}
        self.state.apply("epoch_closed", body)


def artifacts(found: list[AdversarialItem]) -> list[tuple[str, str, int]]:
    """Return what entered."""
    return sorted((item.task, item.artifact, item.n) for item in found)


def test_only_what_the_displaced_judge_itself_accepted_enters() -> None:
    """Not what its panel accepted against it; but what it accepted in vain."""
    history = History()
    history.outcome("a", "blob-1", "panel:p", 0, "p/s0")
    history.outcome("b", "blob-2", "panel:p", 1, "p/s1")
    history.outcome("c", "blob-3", "panel:p", 1, "p/s0", "p/s1")
    history.outcome("d", None, "panel:p", 0)
    assert artifacts(entrants(history.state, criterion(), ["p/s0"])) == [("a", "blob-1", 1), ("c", "blob-3", 3)]
    assert len(entrants(history.state, criterion(), SEATS)) == 3
    assert entrants(history.state, criterion(), []) == []


def test_one_artifact_is_one_item_however_often_it_was_accepted() -> None:
    """Of two nodes that made the same, the newest outcome is named."""
    history = History()
    history.outcome("a", "blob", "panel:p", 1, "p/s0")
    history.outcome("a", "blob", "panel:p", 1, "p/s0")
    assert artifacts(entrants(history.state, criterion(), ["p/s0"])) == [("a", "blob", 2)]


def test_what_an_earlier_judge_of_the_slot_accepted_is_not_its_successors_doing() -> None:
    """Without erasure too: a verdict belongs to who sat there."""
    history = History()
    history.outcome("a", "blob-1", "panel:p", 1, "p/s0")
    history.close("p/s0")
    history.outcome("b", "blob-2", "panel:p", 1, "p/s0")
    assert artifacts(entrants(history.state, criterion(), ["p/s0"])) == [("b", "blob-2", 2)]


def test_a_verdict_that_went_with_another_seat_is_still_its_verdict() -> None:
    """The record is erased because the other seat changed; this one's judge did accept."""
    history = History()
    gone = history.outcome("a", "blob-1", "panel:p", 1, "p/s0")
    history.close("p/s1", erased=(gone,))
    assert artifacts(entrants(history.state, criterion(), ["p/s0"])) == [("a", "blob-1", 1)]


def test_an_item_is_as_new_as_the_epoch_that_ends() -> None:
    """Its epoch is that of the replacement."""
    history = History()
    history.outcome("a", "blob", "panel:p", 1, "p/s0")
    history.close()
    assert [item.epoch for item in entrants(history.state, criterion(), ["p/s0"])] == [1]


def test_an_intake_is_opened_for_each_judge_role_that_lost_a_seat() -> None:
    """One for two seats of a role; none where no seat changed, or the objective is off."""
    history, settings = History(), AdversarialSettings()
    history.outcome("a", "blob", "panel:p", 1, "p/s0")
    assert list(open_intakes(history.state, criterion(), settings, SEATS)) == ["reviewer"]
    assert open_intakes(history.state, criterion(), settings, []) == {}
    assert open_intakes(history.state, criterion(adversarial=False), settings, SEATS) == {}


def test_a_pool_is_no_larger_than_its_share_of_the_cells() -> None:
    """Four anchor items, a share of one half: four places, whatever `max_items` says."""
    history = History()
    for k in range(9):
        history.outcome(f"t{k}", f"blob-{k}", "panel:p", 1, "p/s0")
    intake = open_intakes(history.state, criterion(), AdversarialSettings(), ["p/s0"])["reviewer"]
    for item in list(intake.unlabelled()):
        intake.note(item, said(0))
    assert intake.close()[1]["size"] == 4


def test_labels_are_the_outcome_of_the_very_same_artifact() -> None:
    """Of the same task too; where there is none the tests are to be run."""
    history = History()
    history.outcome("a", "blob-1", "tests", 1)
    history.outcome("a", "blob-2", "tests", 0)
    for task, blob in (("a", "blob-1"), ("a", "blob-2"), ("a", "blob-3"), ("b", "blob-1")):
        history.outcome(task, blob, "panel:p", 1, "p/s0")
    items = entrants(history.state, criterion(), ["p/s0"])
    jobs = labellings(history.state, criterion(), items)
    assert [(job.task, job.artifact, job.y) for job in jobs] == [
        ("a", "blob-1", 1), ("a", "blob-2", 0), ("a", "blob-3", None), ("b", "blob-1", None),
    ]  # fmt: skip
    assert all(job.tested for job in jobs)


def test_a_role_without_tests_has_no_verifier() -> None:
    """Its suite may hold hidden tests; a run that is not told of them does not run them."""
    history = History()
    history.outcome("a", "blob", "panel:p", 1, "p/s0")
    blind = criterion(tested=False)
    (job,) = labellings(history.state, blind, entrants(history.state, blind, ["p/s0"]))
    assert (job.tested, job.y) == (False, None)


# ---------------------------------------------------------------------- intakes


def item(name: str, epoch: int = 1, n: int = 1) -> AdversarialItem:
    """Return an item that nobody has looked at."""
    return AdversarialItem(name, "coder", name, f"blob-{name}", epoch, n)


def said(y: int | None = None, kept_out: str | None = None) -> dict[str, Any]:
    """Return what the worker says."""
    return {"y": y, "kept_out": kept_out, "usage": {"cpu_s": 0.5}}


@pytest.mark.parametrize(
    ("y", "label", "source"),
    [(1, Verdict.ACCEPT, "verifier"), (0, Verdict.REJECT, "verifier"), (None, Verdict.REJECT, "presumed")],
)
def test_the_verifier_labels_and_where_there_is_none_an_item_is_presumed_wrong(
    y: int | None, label: Verdict, source: str
) -> None:
    """A good machine-made artifact is to be accepted (spec §6)."""
    intake = Intake(AdversarialPool(), [item("a")], PLAIN, 5)
    assert [found.id for found in intake.unlabelled()] == ["a"]
    intake.note(item("a"), said(y))
    assert intake.unlabelled() == []
    pool, told = intake.close()
    assert (pool.items["a"].label, pool.items["a"].label_source) == (label, source)
    assert (told["size"], told["entered"], told["left"], told["kept_out"]) == (1, 1, 0, {})
    assert told["usage"]["cpu_s"] == 0.5


def test_what_is_kept_out_is_counted_and_leaves_its_place_to_the_next() -> None:
    """By reason; also what could not be labelled, and what found no room."""
    found = [item("a", n=9), item("b", n=8), item("c", n=7), item("d", n=6), item("e", n=5), item("f")]
    intake = Intake(AdversarialPool(), found, PLAIN, 2)
    answers = {"a": said(kept_out="too large"), "b": {"voided": "gone"}, "e": said(0), "f": said(0)}
    answers |= {"c": said(1), "d": said(0)}
    asked = []
    while items := intake.unlabelled():
        asked.append([found.id for found in items])
        for found in items:
            intake.note(found, answers[found.id])
    pool, told = intake.close()
    assert asked == [["a", "b", "c", "d"], ["e", "f"]]
    assert pool.items.keys() == {"c", "d"}
    assert told["kept_out"] == {"no label": 1, "no room": 2, "too large": 1}


def test_a_pool_of_mostly_good_artifacts_is_balanced() -> None:
    """Whoever accepts everything must not do well on it; what stays out for that is counted."""
    found = [item(name, n=k) for k, name in enumerate("abcdefgh")]
    intake = Intake(AdversarialPool(), found, AdversarialSettings(reserve_per_epoch=0), 20)
    for one in intake.unlabelled():
        intake.note(one, said(int(one.id not in "bc")))
    pool, told = intake.close()
    assert told["labels"] == {"accept": 2, "reject": 2}
    assert pool.items.keys() == {"b", "c", "g", "h"}
    assert told["kept_out"] == {"balance of labels": 4}


def test_a_second_intake_merges_and_the_oldest_leave() -> None:
    """Three places, one reserved for each epoch: the older epoch keeps its newest."""
    settings = AdversarialSettings(reserve_per_epoch=1, accept_share=1)
    first = Intake(AdversarialPool(), [item("a", 0, 1), item("b", 0, 2)], settings, 3)
    for found in first.unlabelled():
        first.note(found, said(0))
    old, _ = first.close()
    second = Intake(old, [item("c", 1, 5), item("d", 1, 6)], settings, 3)
    assert {found.id for found in second.unlabelled()} == {"c", "d"}
    for found in second.unlabelled():
        second.note(found, said(1))
    pool, told = second.close()
    assert pool.items.keys() == {"b", "c", "d"}
    assert (told["entered"], told["left"], told["labels"]) == (2, 1, {"accept": 2, "reject": 1})


def test_an_item_that_a_later_judge_accepts_too_is_new_again_and_keeps_its_label() -> None:
    """Nobody is asked twice, so a label cannot change under the outcomes that rest on it."""
    first = Intake(AdversarialPool(), [item("a", 0, 1)], PLAIN, 3)
    first.note(item("a", 0, 1), said(0))
    old, _ = first.close()
    again = Intake(old, [item("a", 4, 30)], PLAIN, 3)
    assert again.unlabelled() == []
    pool, told = again.close()
    assert (pool.items["a"].epoch, pool.items["a"].n, pool.items["a"].label) == (4, 30, Verdict.REJECT)
    assert pool.hash == old.hash
    assert (told["entered"], told["left"]) == (0, 0)
