"""Which items a bounded adversarial pool keeps."""

from __future__ import annotations

import pytest

from rqgm.archive.adversarial import AdversarialItem
from rqgm.judging.adversarial import bound, room, stratify


def item(name: str, task: str, epoch: int, n: int) -> AdversarialItem:
    """Return an item."""
    return AdversarialItem(name, "coder", task, name, epoch, n)


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
