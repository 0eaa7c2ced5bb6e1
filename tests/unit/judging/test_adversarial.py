"""Which items a bounded adversarial pool keeps."""

from __future__ import annotations

import pytest

from rqgm.archive.adversarial import AdversarialItem
from rqgm.core.words import Verdict
from rqgm.judging.adversarial import bound, room, select, stratify


def item(name: str, task: str, epoch: int, n: int, *, accept: bool = False) -> AdversarialItem:
    """Return an item."""
    label = Verdict.ACCEPT if accept else Verdict.REJECT
    return AdversarialItem(name, "coder", task, name, epoch, n, label, "verifier")


@pytest.mark.parametrize(
    ("max_items", "share", "anchors", "places"),
    [(64, 0.5, 208, 64), (64, 0.5, 10, 10), (64, 0.2, 40, 10), (64, 0.75, 10, 30), (64, 0.5, 0, 0), (64, 0.3, 70, 30)],
)
def test_a_pool_never_exceeds_its_share_beside_the_anchor(
    max_items: int, share: float, anchors: int, places: int
) -> None:
    """Half of all cells: as many as the anchor has."""
    assert room(max_items, share, anchors) == places


def test_tasks_take_turns_and_the_newest_of_each_comes_first() -> None:
    """No task has two items before all have one."""
    items = [item("a1", "a", 0, 1), item("a2", "a", 0, 2), item("a3", "a", 0, 9), item("b1", "b", 0, 3)]
    assert [found.id for found in stratify(items)] == ["a3", "b1", "a2", "a1"]


def test_equal_task_names_of_two_roles_are_two_tasks() -> None:
    """Strata are by role and task."""
    other = AdversarialItem("w1", "writer", "a", "w1", 0, 1)
    assert [found.id for found in stratify([item("a1", "a", 0, 2), item("a2", "a", 0, 3), other])] == ["a2", "w1", "a1"]


def test_the_newest_epoch_comes_first_but_each_keeps_its_reserve() -> None:
    """Four places: two of the newest are sure, two of the older reserved."""
    old = [item(f"old{k}", f"t{k}", 0, k) for k in range(5)]
    new = [item(f"new{k}", f"t{k}", 1, 10 + k) for k in range(5)]
    assert [found.epoch for found in bound([*old, *new], 4, 1)] == [1, 0, 1, 1]
    assert [found.epoch for found in bound([*old, *new], 4, 0)] == [1, 1, 1, 1]
    assert [found.epoch for found in bound([*old, *new], 4, 4)] == [1, 1, 1, 1]


def test_without_places_there_is_no_pool() -> None:
    """An anchor of nothing leaves no room."""
    assert bound([item("a", "a", 0, 1)], 0, 0) == []


@pytest.mark.parametrize(
    ("accepts", "rejects", "places", "share", "kept"),
    [
        (10, 2, 64, 0.5, (2, 2)),
        (3, 100, 64, 0.5, (3, 61)),
        (100, 100, 64, 0.5, (32, 32)),
        (10, 0, 64, 0.5, (0, 0)),
        (0, 10, 64, 0.5, (0, 10)),
        (30, 2, 64, 0.75, (6, 2)),
        (10, 10, 64, 0.0, (0, 10)),
        (10, 2, 8, 1.0, (8, 0)),
    ],
)
def test_good_artifacts_are_at_most_their_share(
    accepts: int, rejects: int, places: int, share: float, kept: tuple[int, int]
) -> None:
    """Without a mistake of the displaced judge there is nothing to learn from it; a share of 1 asks for no balance."""
    items = [item(f"a{k}", f"t{k}", 0, 1000 + k, accept=True) for k in range(accepts)]
    items += [item(f"r{k}", f"t{k}", 0, k) for k in range(rejects)]
    found = select(items, places, 0, share)
    labels = [one.label for one in found]
    assert (labels.count(Verdict.ACCEPT), labels.count(Verdict.REJECT)) == kept
