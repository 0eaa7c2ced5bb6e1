"""Checks of checkpoints: who was seated and why, what was erased, what entered an adversarial pool."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from rqgm.archive.adversarial import item_id
from rqgm.core.hashes import canonical_json
from rqgm.core.words import Pool, Verdict
from rqgm.evolution.checkpoint import adversarial_roles, decide_slots, node_scores
from rqgm.judging.adversarial import room

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from rqgm.archive.state import Record, State
    from rqgm.evolution.criterion import Criterion
    from rqgm.evolution.loop import LoopSettings
    from rqgm.report.audit.findings import Sheet


class CheckpointRules:
    """Holds the closing of epochs against the live record of before; counts what was erased, keeps the utility ids."""

    def __init__(self, criterion: Criterion, settings: LoopSettings, sheets: Mapping[str, Sheet]) -> None:
        self.criterion = criterion
        self.settings = settings
        self.sheets = sheets
        self.erased = 0
        self.ids: set[str] = set()

    def check(self, body: dict[str, Any], state: State, due: int, where: str) -> None:
        """Check one closing of an epoch that was due after `due` outcomes."""
        self._check_decisions(body, state, due, where)
        self._check_erasure(body, state, where)
        self._check_pools(body, state, where)
        self._check_utility(body, state, where)

    def _check_decisions(self, body: dict[str, Any], state: State, due: int, where: str) -> None:
        epochs = self.settings.epochs
        sheet = self.sheets["replacements"]
        sheet.expect(body["epoch"] == state.epoch, where, f"closes epoch {body['epoch']}, it is {state.epoch}")
        sheet.expect(not state.pending, where, "jobs are still in flight")
        sheet.expect(body["outcomes"] == state.spent >= due, where, f"closed after {body['outcomes']} outcomes")
        sheet.expect(
            body["rule"] == epochs.replacement,
            where,
            f"decides by {body['rule']!r}, the lock says {epochs.replacement!r}",
        )
        decided = decide_slots(state, self.criterion, epochs)
        for told, expected in zip(body["decisions"], decided.decisions, strict=True):
            sheet.expect(
                same_data(told, expected),
                where,
                f"slot {told['slot']}: by the record it should be: {expected['reason']}",
            )
        sheet.expect(same_data(body["seats"], decided.seats), where, "seats somebody else than was decided on")
        self.sheets["fold"].expect(
            same_data(body["scores"], node_scores(state)), where, "the nodes' scores do not add up"
        )
        for slot, seat in body["seats"].items():
            carries = state.nodes[seat["node"]].roles[self.criterion.slots[slot]] == seat["role_hash"]
            sheet.expect(carries, where, f"slot {slot}: node #{seat['node']} does not carry the judge that is seated")

    def _check_utility(self, body: dict[str, Any], state: State, where: str) -> None:
        hashes = {slot: seat.role_hash for slot, seat in state.seats.items()}
        hashes |= {slot: seat["role_hash"] for slot, seat in body["seats"].items()}
        told = body["adversarial"]
        pools = {role: state.pool(role).hash for role in adversarial_roles(self.criterion)}
        pools |= {role: pool["hash"] for role, pool in told.items()}
        utility = self.criterion.utility_id(hashes, {role: found for role, found in pools.items() if found})
        self.sheets["criterion"].expect(
            body["utility_id"] == utility, where, "the next utility id is not that of its seats"
        )
        self.ids.add(utility)

    def _check_erasure(self, body: dict[str, Any], state: State, where: str) -> None:
        sheet, slots = self.sheets["erasures"], set(body["seats"])
        wanted = [r.n for r in state.live() if slots.intersection(r.deps)] if self.settings.epochs.erasure else []
        sheet.expect(body["erased"] == sorted(wanted), where, _difference(body["erased"], wanted))
        pools = {
            role: {item["id"] for item in pool["items"]}
            for role, pool in body["adversarial"].items()
            if "items" in pool
        }

        def gone(record: Record) -> bool:
            items = pools.get(record.role)
            held = state.pool(record.role).items if items is None else items
            return record.measure == "adversarial" and record.task not in held

        retired = [record.n for record in state.live() if gone(record)]
        sheet.expect(body["retired"] == retired, where, f"given up: {_difference(body['retired'], retired)}")
        self.erased += len(body["erased"]) + len(body["retired"])

    def _check_pools(self, body: dict[str, Any], state: State, where: str) -> None:
        sheet = self.sheets["adversarial"]
        displaced = {self.criterion.slots[slot] for slot in body["seats"]}
        for role, pool in body["adversarial"].items():
            if "items" not in pool:
                sheet.expect(
                    pool["hash"] == state.pool(role).hash, where, f"pool of {role}: changed without a replacement"
                )
                continue
            sheet.expect(role in displaced, where, f"pool of {role}: changed, but none of its judges was displaced")
            measure = self.criterion.role(role).adversarial
            anchors = len(self.criterion.role(role).tasks.get(Pool.ANCHOR, ()))
            if sheet.expect(measure is not None, where, f"pool of {role}: the adversarial objective is off"):
                assert measure is not None
                places = room(self.settings.adversarial.max_items, measure.share, anchors)
                sheet.expect(
                    len(pool["items"]) <= places, where, f"pool of {role}: {len(pool['items'])} items, {places} places"
                )
            accepted, truths = self._accepted(state, role), _truths(state)
            for item in pool["items"]:
                self._check_item(item, role, accepted, truths, where)

    def _accepted(self, state: State, role: str) -> dict[str, Record]:
        """Return, by item id, a record in which a judge of `role` accepted that artifact while it sat."""
        found: dict[str, Record] = {}
        for record in state.records.values():
            by = [slot for slot in record.accepted if self.criterion.slots.get(slot) == role]
            if by and record.artifact is not None:
                suite = self.criterion.role(record.role).suite_hash
                found[item_id(record.role, suite, record.task, record.artifact)] = record
        return found

    def _check_item(
        self,
        item: Mapping[str, Any],
        role: str,
        accepted: Mapping[str, Record],
        truths: Mapping[tuple[str, str, str | None], int],
        where: str,
    ) -> None:
        sheet, name = self.sheets["adversarial"], item["id"]
        if not sheet.expect(name in accepted, where, f"{name}: no judge of {role} is on record to have accepted it"):
            return
        record = accepted[name]
        same = (item["role"], item["task"], item["artifact"]) == (record.role, record.task, record.artifact)
        sheet.expect(same, where, f"{name}: says it is something else than was accepted")
        truth = truths.get((item["role"], item["task"], item["artifact"]))
        if item["label_source"] == "verifier" and truth is not None:
            right = item["label"] == (Verdict.ACCEPT if truth else Verdict.REJECT)
            sheet.expect(right, where, f"{name}: labelled {item['label']}, its tests on record say otherwise")
        elif item["label_source"] == "presumed":
            tested = any(m.kind == "tests" for m in self.criterion.role(item["role"]).measures)
            sheet.expect(
                not tested and item["label"] == Verdict.REJECT, where, f"{name}: presumed, but it has a verifier"
            )


def _truths(state: State) -> dict[tuple[str, str, str | None], int]:
    """Return what tests on record said of artifacts, by (role, task, artifact): the first word, as the engine does."""
    found: dict[tuple[str, str, str | None], int] = {}
    for record in state.records.values():
        if record.measure == "tests":
            found.setdefault((record.role, record.task, record.artifact), record.y)
    return found


def same_data(told: Any, expected: Any) -> bool:
    """Compare recorded JSON data with data made anew."""
    return bool(json.loads(canonical_json(told)) == json.loads(canonical_json(expected)))


def _difference(told: Iterable[int], wanted: Iterable[int]) -> str:
    told, wanted = set(told), set(wanted)
    spared, extra = sorted(wanted - told)[:5], sorted(told - wanted)[:5]
    return f"spared outcomes {spared}, erased {extra} that did not depend on a seat that changed"
