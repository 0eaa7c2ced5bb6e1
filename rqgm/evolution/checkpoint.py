"""Checkpoints: when an epoch ends, the anchor race, the replacement of seats, what is erased with them (spec §5)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rqgm.core.streams import python_stream
from rqgm.core.words import Pool
from rqgm.evolution.replacement import Candidate, Choice, choose

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rqgm.archive.state import State
    from rqgm.evolution.cells import OpenCells
    from rqgm.evolution.criterion import Criterion
    from rqgm.evolution.settings import EpochSettings


def next_checkpoint(settings: EpochSettings, after: int) -> int:
    """Return the first of tau0, tau0·rho, tau0·rho², … (rounded) that lies beyond `after` outcomes."""
    position = float(settings.first)
    while round(position) <= after:
        position *= settings.ratio
    return round(position)


def gather_candidates(state: State, role: str) -> dict[str, Candidate]:
    """Return every judge instance of `role` that has live anchor outcomes, by content hash, and those in seats."""
    verdicts: dict[str, dict[str, int]] = {}
    carriers: dict[str, int] = {}
    for record in state.live():
        if record.role == role and record.measure == "anchor":
            role_hash = state.nodes[record.node].roles[role]
            verdicts.setdefault(role_hash, {})[record.task] = record.y
            carriers[role_hash] = min(record.node, carriers.get(role_hash, record.node))
    return {role_hash: Candidate(role_hash, carriers[role_hash], items) for role_hash, items in verdicts.items()}


def incumbent_of(state: State, slot: str, candidates: Mapping[str, Candidate]) -> Candidate:
    """Return the instance seated in `slot`, with what it has judged of the anchor so far."""
    seat = state.seats[slot]
    found = candidates.get(seat.role_hash)
    return Candidate(seat.role_hash, seat.node, found.verdicts if found else {})


@dataclass(frozen=True, slots=True)
class RaceRound:
    """The cells that one round of the anchor race measures, and how many challengers are in it."""

    round: int
    jobs: list[dict[str, Any]]
    entrants: int


def plan_race(
    state: State, cells: OpenCells, criterion: Criterion, settings: EpochSettings, seed: int
) -> RaceRound | None:
    """Return the next round of the race before the coming decision, or None when it is over.

    Successive halving: each round keeps the better half of the challengers by posterior mean and brings them, and the
    incumbent, to the next of geometrically growing counts, on items that the incumbent has judged first.
    """
    race = settings.race
    rounds = max(1, race.candidates.bit_length())
    number = state.race_rounds + 1
    if settings.replacement == "off" or race.candidates == 0 or number > rounds:
        return None
    target = max(settings.min_anchor, race.target >> (rounds - number))
    jobs: dict[tuple[int, str], dict[str, Any]] = {}
    entrants = 0
    for slot, role in criterion.slots.items():
        candidates = gather_candidates(state, role)
        incumbent = incumbent_of(state, slot, candidates)
        field = _field(candidates, incumbent, settings, race.candidates >> (number - 1))
        entrants = max(entrants, len(field))
        order = _race_order(criterion, role, incumbent, seed, state.epoch)
        for racer in [incumbent, *field] if field else []:
            for job in _top_up(cells, role, racer, order, target):
                jobs[job["node"], f"{role}/{job['task']}"] = job
    return RaceRound(number, list(jobs.values()), entrants)


def _field(
    candidates: Mapping[str, Candidate], incumbent: Candidate, settings: EpochSettings, size: int
) -> list[Candidate]:
    able = [c for c in candidates.values() if c.role_hash != incumbent.role_hash]
    able = [c for c in able if len(c.verdicts) >= settings.min_anchor]
    able.sort(key=lambda c: (-(1 + c.counts.successes) / (2 + c.counts.total), c.node))
    return able[: max(1, size)]


def _race_order(criterion: Criterion, role: str, incumbent: Candidate, seed: int, epoch: int) -> list[str]:
    order = list(criterion.role(role).tasks[Pool.ANCHOR])
    python_stream(seed, "race", epoch, role).shuffle(order)
    return sorted(order, key=lambda item: item not in incumbent.verdicts)


def _top_up(cells: OpenCells, role: str, racer: Candidate, order: Sequence[str], target: int) -> list[dict[str, Any]]:
    missing = [item for item in order if item not in racer.verdicts]
    wanted = missing[: max(0, target - len(racer.verdicts))]
    return [
        {"kind": "validate", "node": racer.node, "role": role, "task": item, "measure": "anchor"}
        for item in wanted
        if cells.is_open(racer.node, role, (item, "anchor"))
    ]


def close_epoch(state: State, criterion: Criterion, settings: EpochSettings) -> dict[str, Any]:
    """Decide all slots on the old epoch vector and return the one event that replaces and erases."""
    checkpoint = len(state.epochs) + 1
    pools = {role: gather_candidates(state, role) for role in criterion.slots.values()}
    decisions: list[dict[str, Any]] = []
    seats: dict[str, dict[str, Any]] = {}
    for slot, role in criterion.slots.items():
        incumbent = incumbent_of(state, slot, pools[role])
        taken = {seat["role_hash"] for other, seat in seats.items() if _same_panel(other, slot)} | {
            seat.role_hash for other, seat in state.seats.items() if other != slot and _same_panel(other, slot)
        }
        challengers = [c for c in pools[role].values() if c.role_hash not in taken]
        choice = choose(settings, incumbent, challengers, checkpoint, len(criterion.slots))
        decisions.append(_decision(slot, incumbent, choice, len(challengers)))
        if choice.winner:
            counter = state.seats[slot].counter + 1
            seats[slot] = {"node": choice.winner.node, "role_hash": choice.winner.role_hash, "counter": counter}
    hashes = {slot: seat.role_hash for slot, seat in state.seats.items()} | {
        s: v["role_hash"] for s, v in seats.items()
    }
    return {
        "epoch": state.epoch,
        "outcomes": state.spent,
        "rule": settings.replacement,
        "decisions": decisions,
        "seats": seats,
        "erased": erase(state, seats) if settings.erasure else [],
        "utility_id": criterion.utility_id(hashes),
        "scores": node_scores(state),
    }


def _same_panel(left: str, right: str) -> bool:
    return left.partition("/")[0] == right.partition("/")[0]


def _decision(slot: str, incumbent: Candidate, choice: Choice, challengers: int) -> dict[str, Any]:
    def side(candidate: Candidate) -> dict[str, Any]:
        counts = candidate.counts
        return {
            "node": candidate.node,
            "role_hash": candidate.role_hash,
            "right": counts.successes,
            "judged": counts.total,
        }

    return {
        "slot": slot,
        "incumbent": side(incumbent) | {"score": choice.incumbent_score},
        "challenger": side(choice.winner) | {"score": choice.best_score} if choice.winner else None,
        "challengers": challengers,
        "replaced": choice.winner is not None,
        "reason": choice.reason,
    }


def erase(state: State, slots: Mapping[str, Any]) -> list[int]:
    """Return the live records with one of `slots` among their dependencies, by number: exactly these are erased."""
    return sorted(set().union(*(state.dependents.get(slot, set()) for slot in slots)))


def node_scores(state: State) -> list[list[float]]:
    """Return [node, mean over its roles of live outcomes, how many] where there are any: the order at a checkpoint."""
    scores = []
    for index in range(len(state.nodes)):
        counts = [found for found in state.by_role(index).values() if found.total]
        if counts:
            mean = sum(found.successes / found.total for found in counts) / len(counts)
            scores.append([index, round(mean, 6), sum(found.total for found in counts)])
    return scores
