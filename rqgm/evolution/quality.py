"""Quality: how right and how strict a judge instance is, from what the run has on record of it (spec §6).

Pools are never mixed. The anchor holds human-made and machine-made items that no judge chose, so strictness is compared
there. The adversarial pool is chosen by what displaced judges accepted; its rates stand beside, and no ratio is made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rqgm.core.words import Provenance, Verdict
from rqgm.judging.scoring.recorded import Said, Truth
from rqgm.judging.scoring.samples import sample_of
from rqgm.judging.scoring.scores import stringency, table_figures

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rqgm.archive.state import Record, State
    from rqgm.evolution.criterion import Criterion

RATIOS = ("ratio_accept", "ratio_reject")
MACHINE = ("machine_accept", "machine_reject")
HUMAN = ("human_accept", "human_reject")


def judge_quality(state: State, criterion: Criterion, role: str, role_hash: str) -> dict[str, Any]:
    """Return {anchor, adversarial}: figures with 95 % intervals of one judge instance on the items that it has judged.

    Each is {items, balanced_accuracy, machine_accept, machine_reject}, on the anchor also human_accept, human_reject
    and their ratios; ``machine_reject`` is the share of machine-made items labelled reject that it accepted. Intervals
    take items of one task as a cluster. None where it has judged nothing, or nothing is known of the items.
    """
    truths = criterion.role(role).truths
    hard = {
        name: Truth(item.label == Verdict.ACCEPT, Provenance.MACHINE, item.task)
        for name, item in state.pool(role).items.items()
    }
    said: dict[str, dict[str, Said]] = {"anchor": {}, "adversarial": {}}
    for record in state.live():
        if record.role == role and record.measure in said and state.nodes[record.node].roles[role] == role_hash:
            said[record.measure][record.task] = Said(_verdict(record))
    return {
        "anchor": _figures(truths, said["anchor"], (*MACHINE, *HUMAN, *RATIOS)),
        "adversarial": _figures(hard, said["adversarial"], MACHINE),
    }


def _verdict(record: Record) -> Verdict:
    if record.failure is not None:  # whatever befell the judge, it did not decide
        return Verdict.ABSTAIN
    return Verdict.ACCEPT if record.accepted else Verdict.REJECT


def _figures(truths: Mapping[str, Truth], said: Mapping[str, Said], names: tuple[str, ...]) -> dict[str, Any] | None:
    known = {name: word for name, word in said.items() if name in truths}
    if not known:
        return None
    sample = sample_of(truths, known)
    figures = {"balanced_accuracy": table_figures(sample, decided=False)["balanced_accuracy"], **stringency(sample)}
    return {"items": len(known)} | {name: figures[name].to_json() for name in ("balanced_accuracy", *names)}
