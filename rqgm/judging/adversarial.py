"""Which items an adversarial pool keeps when there are more than it may hold (spec §6)."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from rqgm.core.words import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rqgm.archive.adversarial import AdversarialItem


def room(max_items: int, share: float, anchors: int) -> int:
    """Return how many items a pool may hold beside `anchors` anchor items, so that it never exceeds its `share`."""
    return min(max_items, int(anchors * share / (1 - share) + 1e-9))


def select(items: Sequence[AdversarialItem], places: int, reserve: int, accept_share: float) -> list[AdversarialItem]:
    """Return the labelled `items` that a pool with so many `places` holds: bounded, and balanced by label.

    At most `accept_share` of them are to be accepted. A displaced judge was often right, and a pool of mostly good
    artifacts would pay whoever accepts everything: just what it is there to prevent. A share of 1 takes them as they
    come.
    """
    if accept_share == 1:
        return bound(items, places, reserve)
    accepts = [item for item in items if item.label is Verdict.ACCEPT]
    rejects = [item for item in items if item.label is Verdict.REJECT]
    kept = bound(rejects, places - min(len(accepts), int(places * accept_share)), reserve)
    beside = int(len(kept) * accept_share / (1 - accept_share) + 1e-9)
    return kept + bound(accepts, min(places - len(kept), beside), reserve)


def bound(items: Iterable[AdversarialItem], places: int, reserve: int) -> list[AdversarialItem]:
    """Return at most `places` items: the newest epochs' first, but `reserve` of each epoch as far as places reach.

    Of an epoch's items each task has its newest taken before any task has its second: no task fills the pool. The
    result does not depend on the order of `items`.
    """
    epochs: dict[int, list[AdversarialItem]] = defaultdict(list)
    for item in items:
        epochs[item.epoch].append(item)
    queues = [stratify(epochs[epoch]) for epoch in sorted(epochs, reverse=True)]
    first = [item for queue in queues for item in queue[:reserve]]
    rest = [item for queue in queues for item in queue[reserve:]]
    return (first + rest)[:places]


def stratify(items: Sequence[AdversarialItem]) -> list[AdversarialItem]:
    """Return `items` task by task in turn, the newest of each first."""
    tasks: dict[tuple[str, str], list[AdversarialItem]] = defaultdict(list)
    for item in sorted(items, key=lambda item: (-item.n, item.id)):
        tasks[item.role, item.task].append(item)
    ranked = [(rank, -item.n, item.id, item) for queue in tasks.values() for rank, item in enumerate(queue)]
    return [entry[3] for entry in sorted(ranked, key=lambda entry: entry[:3])]
