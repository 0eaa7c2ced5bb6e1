"""How right and how strict a judge is, from the record."""

from __future__ import annotations

from typing import Any

from rqgm.archive.adversarial import AdversarialItem, AdversarialPool
from rqgm.archive.state import State
from rqgm.core.words import Pool, Provenance, RoleKind, Verdict
from rqgm.evolution.criterion import Criterion, Measure, MeasuredRole
from rqgm.evolution.quality import judge_quality
from rqgm.judging.scoring.recorded import Truth

HUMAN, MACHINE = Provenance.HUMAN, Provenance.MACHINE
TRUTHS = {
    f"{maker}-{'right' if accept else 'wrong'}-{k}": Truth(accept, maker, f"program-{k}")
    for maker in (HUMAN, MACHINE)
    for accept in (True, False)
    for k in range(4)
}


def judged(verdicts: dict[str, str], hard: dict[str, tuple[Verdict, str]] | None = None) -> dict[str, Any]:
    """Return the figures of a judge that said `verdicts` of anchor items, and of `hard` items labelled so."""
    reviewer = MeasuredRole(
        "reviewer", RoleKind.JUDGE, "i", "i-1", {Pool.ANCHOR: tuple(TRUTHS)}, (Measure("anchor", 1.0),), truths=TRUTHS
    )
    state = State()
    body: dict[str, Any] = {"n": None, "commit": "c", "parent": None, "epoch": 0, "tried": "", "why": "", "train": []}
    body |= {"usage": {}, "train_usage": {}, "deterministic": ["reviewer"], "roles": {"reviewer": "r"}}
    state.apply("node_added", body)
    items = [
        AdversarialItem(name, "coder", name, "b", 0, 1, label, "verifier") for name, (label, _) in (hard or {}).items()
    ]  # type: ignore[arg-type]
    state.adversarial["reviewer"] = AdversarialPool.of(items)
    said = [(name, "anchor", verdict) for name, verdict in verdicts.items()]
    said += [(name, "adversarial", verdict) for name, (_, verdict) in (hard or {}).items()]
    for n, (name, measure, verdict) in enumerate(said, 1):
        outcome = {"n": n, "node": 0, "role": "reviewer", "task": name, "measure": measure, "pool": measure, "y": 0}
        outcome |= {"score": 0.0, "weight": 1.0, "failure": "abstained" if verdict == "abstain" else None, "deps": []}
        outcome |= {"artifact": None, "epoch": 0, "usage": {}, "opinions": [{"slot": "", "verdict": verdict}]}
        state.apply("outcome", outcome)
    return judge_quality(state, Criterion((reviewer,), "editor", "profile"), "reviewer", "r")


def test_acceptance_is_told_by_maker_given_the_label() -> None:
    """A judge that accepts all that is machine-made, and of people's only what is right."""
    found = judged(
        {name: "accept" if truth.provenance is MACHINE or truth.accept else "reject" for name, truth in TRUTHS.items()}
    )
    anchor = found["anchor"]
    values = {name: figure["value"] for name, figure in anchor.items() if name != "items"}
    assert values["balanced_accuracy"] == 0.75
    assert (values["machine_accept"], values["human_accept"], values["ratio_accept"]) == (1.0, 1.0, 1.0)
    assert (values["machine_reject"], values["human_reject"], values["ratio_reject"]) == (1.0, 0.0, None)
    assert "no human-made item labelled reject was accepted" in anchor["ratio_reject"]["reason"]
    assert anchor["items"] == 16
    assert anchor["balanced_accuracy"]["low"] <= 0.75 <= anchor["balanced_accuracy"]["high"]
    assert found["adversarial"] is None


def test_pools_are_not_mixed() -> None:
    """What a displaced judge accepted was chosen: it has rates of its own and no ratio."""
    hard = {"a~1": (Verdict.REJECT, "accept"), "b~2": (Verdict.REJECT, "reject"), "c~3": (Verdict.ACCEPT, "accept")}
    found = judged({"human-right-0": "accept"}, hard)
    assert found["anchor"]["items"] == 1
    assert found["anchor"]["machine_reject"]["value"] is None
    assert found["adversarial"]["machine_reject"]["value"] == 0.5
    assert found["adversarial"]["balanced_accuracy"]["value"] == 0.75
    assert "ratio_reject" not in found["adversarial"]


def test_an_abstention_is_no_acceptance_and_wrong() -> None:
    """On either label."""
    anchor = judged(dict.fromkeys(TRUTHS, "abstain"))["anchor"]
    assert anchor["balanced_accuracy"]["value"] == 0.0
    assert anchor["machine_accept"]["value"] == anchor["human_reject"]["value"] == 0.0


def test_a_judge_that_has_judged_nothing_has_no_figures() -> None:
    """Nor one of which nothing is known."""
    assert judged({}) == {"anchor": None, "adversarial": None}
    assert judged({"an item that is no more": "accept"})["anchor"] is None
