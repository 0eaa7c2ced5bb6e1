"""Checkpoints: when an epoch ends, the anchor race, the replacement of seats, what changes with them (spec §5, §6)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rqgm.core.streams import python_stream
from rqgm.core.words import Pool
from rqgm.evolution.quality import judge_quality
from rqgm.evolution.replacement import Candidate, Choice, choose, count

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rqgm.archive.adversarial import AdversarialPool
    from rqgm.archive.state import Record, State
    from rqgm.evolution.cells import OpenCells
    from rqgm.evolution.criterion import Criterion
    from rqgm.evolution.displacement import Intake
    from rqgm.evolution.settings import EpochSettings


def next_checkpoint(settings: EpochSettings, after: int) -> int:
    """Return the first of tau0, tau0·rho, tau0·rho², … (rounded) that lies beyond `after` outcomes."""
    position = float(settings.first)
    while round(position) <= after:
        position *= settings.ratio
    return round(position)


def gather_candidates(state: State, role: str) -> dict[str, Candidate]:
    """Return every judge instance of `role` with live outcomes on labelled items, by content hash."""
    verdicts: dict[str, dict[str, dict[str, int]]] = {}
    carriers: dict[str, int] = {}
    for record in state.live():
        if record.role == role and record.measure in ("anchor", "adversarial"):
            role_hash = state.nodes[record.node].roles[role]
            measures = verdicts.setdefault(role_hash, {"anchor": {}, "adversarial": {}})
            measures[record.measure][record.task] = record.y
            carriers[role_hash] = min(record.node, carriers.get(role_hash, record.node))
    return {
        role_hash: Candidate(role_hash, carriers[role_hash], found["anchor"], found["adversarial"])
        for role_hash, found in verdicts.items()
    }


def incumbent_of(state: State, slot: str, candidates: Mapping[str, Candidate]) -> Candidate:
    """Return the instance seated in `slot`, with what it has judged of the anchor and the adversarial pool so far."""
    seat = state.seats[slot]
    found = candidates.get(seat.role_hash, Candidate(seat.role_hash, seat.node, {}))
    return Candidate(seat.role_hash, seat.node, found.verdicts, found.adversarial)


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
    incumbent, to the next of geometrically growing counts, on items that the incumbent has judged first. Of these
    counts the adversarial pool has its share, as far as it has items, so that racers face both in equal parts.
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
        share, pool = _share(criterion, role), tuple(state.pool(role).items)
        hard = min(len(pool), max(int(target * share), settings.min_anchor))  # so that who raced may stand
        field = _field(candidates, incumbent, settings, race.candidates >> (number - 1), share if pool else 0.0)
        entrants = max(entrants, len(field))
        anchor = _race_order(criterion.role(role).tasks[Pool.ANCHOR], incumbent, seed, state.epoch, role)
        adversarial = _race_order(pool, incumbent, seed, state.epoch, role, "adversarial")
        for racer in [incumbent, *field] if field else []:
            planned = _top_up(cells, role, racer, "anchor", anchor, target - hard)
            planned += _top_up(cells, role, racer, "adversarial", adversarial, hard)
            jobs |= {(job["node"], f"{role}/{job['task']}"): job for job in planned}
    return RaceRound(number, list(jobs.values()), entrants)


def _share(criterion: Criterion, role: str) -> float:
    measure = criterion.role(role).adversarial
    return measure.share if measure else 0.0


def _field(
    candidates: Mapping[str, Candidate], incumbent: Candidate, settings: EpochSettings, size: int, share: float
) -> list[Candidate]:
    """Return the most promising challengers. A judge that has not faced the pool is not taken to master it."""

    def promise(candidate: Candidate) -> float:
        anchor, adversarial = count(candidate.verdicts), count(candidate.adversarial)
        means = [(1 + counts.successes) / (2 + counts.total) for counts in (anchor, adversarial)]
        return (1 - share) * means[0] + share * means[1]

    able = [c for c in candidates.values() if c.role_hash != incumbent.role_hash]
    able = [c for c in able if len(c.verdicts) >= settings.min_anchor]
    able.sort(key=lambda c: (-promise(c), c.node))
    return able[: max(1, size)]


def _race_order(items: Sequence[str], incumbent: Candidate, seed: int, *name: str | int) -> list[str]:
    order = list(items)
    python_stream(seed, "race", *name).shuffle(order)
    judged = incumbent.all_verdicts
    return sorted(order, key=lambda item: item not in judged)


def _top_up(
    cells: OpenCells, role: str, racer: Candidate, measure: str, order: Sequence[str], target: int
) -> list[dict[str, Any]]:
    judged = racer.adversarial if measure == "adversarial" else racer.verdicts
    missing = [item for item in order if item not in judged]
    wanted = missing[: max(0, target - len(judged))]
    return [
        {"kind": "validate", "node": racer.node, "role": role, "task": item, "measure": measure}
        for item in wanted
        if cells.is_open(racer.node, role, (item, measure))
    ]


@dataclass(frozen=True, slots=True)
class Decided:
    """What was decided of all slots, on the old epoch vector: for the record, and who sits in those that change."""

    decisions: list[dict[str, Any]]
    seats: dict[str, dict[str, Any]]


def decide_slots(state: State, criterion: Criterion, settings: EpochSettings) -> Decided:
    """Decide all slots on the old epoch vector."""
    checkpoint = len(state.epochs) + 1
    candidates = {role: gather_candidates(state, role) for role in criterion.slots.values()}
    decisions: list[dict[str, Any]] = []
    seats: dict[str, dict[str, Any]] = {}
    for slot, role in criterion.slots.items():
        incumbent = incumbent_of(state, slot, candidates[role])
        taken = {seat["role_hash"] for other, seat in seats.items() if _same_panel(other, slot)} | {
            seat.role_hash for other, seat in state.seats.items() if other != slot and _same_panel(other, slot)
        }
        challengers = [c for c in candidates[role].values() if c.role_hash not in taken]
        pool_size = len(state.pool(role).items)
        choice = choose(settings, incumbent, challengers, checkpoint, len(criterion.slots), pool_size)
        sides = [incumbent, choice.winner] if choice.winner else [incumbent]
        quality = [judge_quality(state, criterion, role, side.role_hash) for side in sides]
        decisions.append(_decision(slot, incumbent, choice, len(challengers), quality))
        if choice.winner:
            counter = state.seats[slot].counter + 1
            seats[slot] = {"node": choice.winner.node, "role_hash": choice.winner.role_hash, "counter": counter}
    return Decided(decisions, seats)


def close_epoch(
    state: State,
    criterion: Criterion,
    settings: EpochSettings,
    decided: Decided,
    intakes: Mapping[str, Intake] | None = None,
) -> dict[str, Any]:
    """Return the one event that replaces, erases and changes the adversarial pools. `intakes` are wholly labelled."""
    hashes = {slot: seat.role_hash for slot, seat in state.seats.items()} | {
        slot: seat["role_hash"] for slot, seat in decided.seats.items()
    }
    pools = {role: state.pool(role) for role in adversarial_roles(criterion)}
    described = {role: pool.describe() for role, pool in pools.items()}
    for role, intake in (intakes or {}).items():
        pools[role], described[role] = intake.close()
    return {
        "epoch": state.epoch,
        "outcomes": state.spent,
        "rule": settings.replacement,
        "decisions": decided.decisions,
        "seats": decided.seats,
        "erased": erase(state, decided.seats) if settings.erasure else [],
        "adversarial": described,
        "retired": retire(state, pools),
        "utility_id": criterion.utility_id(hashes, {role: pool.hash for role, pool in pools.items() if pool.items}),
        "scores": node_scores(state),
    }


def adversarial_roles(criterion: Criterion) -> list[str]:
    """Return the judge roles that have an adversarial pool, or may come to have one."""
    return [role.name for role in criterion.roles if role.adversarial]


def retire(state: State, pools: Mapping[str, AdversarialPool]) -> list[int]:
    """Return the live outcomes on items that are in none of the coming `pools`, by number."""

    def gone(record: Record) -> bool:
        return record.measure == "adversarial" and record.task not in pools[record.role].items

    return [record.n for record in state.live() if gone(record)]


def _same_panel(left: str, right: str) -> bool:
    return left.partition("/")[0] == right.partition("/")[0]


def _decision(
    slot: str, incumbent: Candidate, choice: Choice, challengers: int, quality: Sequence[dict[str, Any]]
) -> dict[str, Any]:
    def side(candidate: Candidate) -> dict[str, Any]:
        counts, adversarial = candidate.counts, count(candidate.adversarial)
        return {
            "node": candidate.node,
            "role_hash": candidate.role_hash,
            "right": counts.successes,
            "judged": counts.total,
            "adversarial": {"right": adversarial.successes, "judged": adversarial.total},
        }

    challenger = side(choice.winner) | {"score": choice.best_score, "quality": quality[-1]} if choice.winner else None
    return {
        "slot": slot,
        "incumbent": side(incumbent) | {"score": choice.incumbent_score, "quality": quality[0]},
        "challenger": challenger,
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
