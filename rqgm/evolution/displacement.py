"""Displacement: what a displaced judge accepted becomes the adversarial pool of its role (spec §6).

Everything here is decided from the state; only the labels that nobody knows yet are asked of the worker.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from rqgm.archive.adversarial import AdversarialItem, AdversarialPool, item_id
from rqgm.core.usage import Usage
from rqgm.core.words import Pool, Verdict
from rqgm.evolution.worker import Labelling
from rqgm.judging.adversarial import bound, room, select

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from rqgm.archive.adversarial import Label, LabelSource
    from rqgm.archive.state import State
    from rqgm.evolution.criterion import Criterion
    from rqgm.evolution.settings import AdversarialSettings

LOOKED_AT = 2
"""How many items are looked at for each place: a pool that is balanced by label needs some to choose from."""
NO_LABEL = "no label"
NO_ROOM = "no room"
BALANCE = "balance of labels"


class Intake:
    """The coming pool of one judge role, while its new items are looked at one after another.

    Twice as many items are looked at as there are `places`. One that is kept out leaves its turn to the next.
    """

    def __init__(
        self,
        old: AdversarialPool,
        entrants: Iterable[AdversarialItem],
        settings: AdversarialSettings,
        places: int,
    ) -> None:
        self._old = old
        self._settings = settings
        self._places = places
        # An item that the pool has already is as new as its latest entry, and keeps its label.
        labels = {name: (item.label, item.label_source) for name, item in old.items.items()}
        self._items = dict(old.items)
        for item in entrants:
            label, source = labels.get(item.id, (None, None))
            self._items[item.id] = replace(item, label=label, label_source=source)
        self._kept_out: Counter[str] = Counter()
        self._usage = Usage()

    def unlabelled(self) -> list[AdversarialItem]:
        """Return the items that have to be looked at next; none when all is known."""
        return [item for item in self._considered() if item.label is None]

    def _considered(self) -> list[AdversarialItem]:
        return bound(self._items.values(), LOOKED_AT * self._places, self._settings.reserve_per_epoch)

    def note(self, item: AdversarialItem, result: Mapping[str, Any]) -> None:
        """Take in what the worker said of an item: {y, kept_out, usage}, or that it could not say anything."""
        self._usage += Usage(**result.get("usage", {}))
        reason = NO_LABEL if "voided" in result else result["kept_out"]
        if reason:
            del self._items[item.id]
            self._kept_out[reason] += 1
            return
        label: Label = Verdict.ACCEPT if result["y"] else Verdict.REJECT
        source: LabelSource = "presumed" if result["y"] is None else "verifier"
        self._items[item.id] = replace(item, label=label, label_source=source)

    def close(self) -> tuple[AdversarialPool, dict[str, Any]]:
        """Return the pool, and what the ledger says of it."""
        settings = self._settings
        pool = AdversarialPool.of(
            select(self._considered(), self._places, settings.reserve_per_epoch, settings.accept_share)
        )
        names = pool.items.keys()
        without = [item for name, item in self._items.items() if name not in names and name not in self._old.items]
        full = len(names) == self._places
        reasons = (NO_ROOM if full or item.label is not Verdict.ACCEPT else BALANCE for item in without)
        kept_out = self._kept_out + Counter(reasons)
        return pool, pool.describe() | {
            "items": pool.to_json(),
            "entered": len(names - self._old.items.keys()),
            "left": len(self._old.items.keys() - names),
            "kept_out": dict(sorted(kept_out.items())),
            "usage": self._usage.to_json(),
        }


def open_intakes(
    state: State, criterion: Criterion, settings: AdversarialSettings, displaced: Iterable[str]
) -> dict[str, Intake]:
    """Return an intake for each judge role with a slot among `displaced`; none where the measure is off.

    The state must still be that before the replacement.
    """
    slots: dict[str, list[str]] = {}
    for slot in displaced:
        role = criterion.slots[slot]
        if criterion.role(role).adversarial is not None:
            slots.setdefault(role, []).append(slot)
    intakes = {}
    for role, lost in slots.items():
        measure = criterion.role(role).adversarial
        assert measure is not None
        places = room(settings.max_items, measure.share, len(criterion.role(role).tasks[Pool.ANCHOR]))
        intakes[role] = Intake(state.pool(role), entrants(state, criterion, lost), settings, places)
    return intakes


def entrants(state: State, criterion: Criterion, displaced: Iterable[str]) -> list[AdversarialItem]:
    """Return, one by one, what the judges in the slots `displaced` accepted while they sat there.

    Each judge's own verdict counts, whatever its panel came to. A verdict that was erased with another seat of the
    panel is still its verdict.
    """
    since = {slot: state.seats[slot].since for slot in displaced}
    found: dict[str, AdversarialItem] = {}
    for record in state.records.values():
        accepted = any(slot in since and record.epoch >= since[slot] for slot in record.accepted)
        if accepted and record.artifact is not None:
            suite_hash = criterion.role(record.role).suite_hash
            name = item_id(record.role, suite_hash, record.task, record.artifact)
            newest = max(record.n, found[name].n) if name in found else record.n
            found[name] = AdversarialItem(name, record.role, record.task, record.artifact, state.epoch, newest)
    return list(found.values())


def labellings(state: State, criterion: Criterion, items: Iterable[AdversarialItem]) -> list[Labelling]:
    """Return what to ask the worker about each of `items`.

    Where the artifact's role is measured by tests, its label is the outcome on record of the very same artifact, or
    else the tests are run. A role without tests has no verifier in this run, whatever its suite holds.
    """
    known: dict[tuple[str, str, str], int] = {}
    for record in state.records.values():
        if record.measure == "tests" and record.artifact is not None:
            known.setdefault((record.role, record.task, record.artifact), record.y)
    tested = {role.name for role in criterion.roles if any(measure.kind == "tests" for measure in role.measures)}
    return [
        Labelling(
            item.role, item.task, item.artifact, item.role in tested, known.get((item.role, item.task, item.artifact))
        )
        for item in items
    ]
