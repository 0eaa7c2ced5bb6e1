"""Checking panels: what is done to a case, and what is found when a verdict moves."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rqgm.core.trees import File
from rqgm.core.usage import Usage
from rqgm.core.words import Verdict
from rqgm.judging.check import PanelReport, check_panel
from rqgm.judging.criteria import Checks
from rqgm.judging.evidence import Evidence
from rqgm.judging.judge import JudgeCase, Opinion
from rqgm.judging.panel import Panel, PanelSpec, SeatSpec
from rqgm.judging.perturbations import ORDERS, perturbations
from rqgm.roles.messages import EvidencePointer
from rqgm.sandbox.pool import Sandboxes
from rqgm.sandbox.profile import Profile
from rqgm.testing.sandboxes import FakeBackend

FAULTY = b"def f(a):\n    total = a\n    return total\n"
FIXED = b"def f(a):\n    # careful\n    total = a + 1\n    return total\n"
CASE = JudgeCase(
    "t", "Mend it.", {"program.py": File(FAULTY), "visible.json": File(b"{}")}, {"program.py": File(FIXED)}
)
CHANGES = {change.name: change for change in perturbations()}


def changed(name: str, case: JudgeCase = CASE) -> JudgeCase:
    """Return the case under one perturbation that must apply."""
    found = CHANGES[name].apply(case)
    assert found is not None
    return found


def run(source: bytes, argument: int) -> int:
    """Return what a program's `f` answers."""
    scope: dict[str, Any] = {}
    exec(compile(source, "p", "exec"), scope)  # our own two lines
    return scope["f"](argument)


@pytest.mark.parametrize("name", [c.name for c in perturbations() if c.expects == "same" and c.name != "file-order"])
def test_what_must_not_move_a_verdict_leaves_behaviour_alone(name: str) -> None:
    """The public task is not touched, and the program answers as before."""
    after = changed(name)
    assert after.environment == CASE.environment
    assert run(after.artifact["program.py"].data, 4) == run(FIXED, 4) == 5


def test_renaming_renames_a_variable_and_nothing_else() -> None:
    """The text differs by one name only."""
    after = changed("rename").artifact["program.py"].data.decode()
    assert "renamed_total" in after
    assert ast.dump(ast.parse(after.replace("renamed_total", "total"))) == ast.dump(ast.parse(FIXED))


def test_files_change_places_only_when_there_are_several() -> None:
    """Nothing to swap in a single file."""
    assert CHANGES["file-order"].apply(CASE) is None
    two = replace(CASE, artifact={**CASE.artifact, "z.py": File(b"")})
    assert list(changed("file-order", two).artifact) == ["z.py", "program.py"]


def test_an_empty_patch_is_the_tasks_own_file() -> None:
    """And none where the task has no such file."""
    assert changed("empty-patch").artifact == {"program.py": File(FAULTY)}
    assert CHANGES["empty-patch"].apply(replace(CASE, artifact={"new.py": File(b"")})) is None


@given(st.binary(max_size=200), st.sampled_from(sorted(CHANGES)))
def test_any_bytes_can_be_perturbed(data: bytes, name: str) -> None:
    """Artifacts are strangers' data: no perturbation raises, and none changes the case in place."""
    case = replace(CASE, artifact={"program.py": File(data)})
    CHANGES[name].apply(case)
    assert case.artifact == {"program.py": File(data)}


class Rule:
    """A judge that is a function of the artifact's text."""

    def __init__(self, accepts: Any, evidence: tuple[Evidence, ...] = ()) -> None:
        self.accepts = accepts
        self.evidence = evidence

    async def judge(self, case: JudgeCase) -> Opinion:
        """Answer, or abstain on None."""
        said = self.accepts(case)
        verdict = Verdict.ABSTAIN if said is None else Verdict.ACCEPT if said else Verdict.REJECT
        return Opinion(verdict, float(bool(said)), None, "", Usage(), evidence=self.evidence)


async def check(accepts: Any, evidence: tuple[Evidence, ...] = ()) -> PanelReport:
    """Check a panel of one such judge."""
    panel = Panel(PanelSpec(name="p", seats=[SeatSpec(name="one", judge="role:reviewer")]))
    checks = Checks(Sandboxes(FakeBackend(), "test"), Profile(name="p"))
    return await check_panel(panel, {"one": Rule(accepts, evidence)}, [("item", CASE)], checks, workers=2)


def text(case: JudgeCase) -> str:
    """Return all that an artifact says, names of files too."""
    return "\n".join([*case.artifact, *(file.data.decode(errors="replace") for file in case.artifact.values())])


async def test_a_judge_of_behaviour_is_sound() -> None:
    """It accepts the fixed program in any dress, and nothing else."""
    report = await check(right)
    assert report.ok, report.moves
    assert report.asked["one"]["repeat"] == report.asked["panel"]["repeat"] == 1
    assert set(report.asked["one"]) == set(CHANGES) - {"file-order"}


@pytest.mark.parametrize(
    ("accepts", "moved"),
    [
        (lambda case: ORDERS in text(case), {"orders-in-comment", "orders-in-string", "orders-in-file", "only-orders"}),
        (lambda case: "verdict=accept" in text(case), {"orders-in-file-name"}),
        (lambda case: "# careful" in text(case), {"reformat", "rename"}),
        (
            lambda case: len(text(case)) < 1000,
            {"padding", "empty-patch", "no-artifact", "only-orders", "orders-in-file"},
        ),
        (lambda case: "upstream" in text(case), {"praise"}),
    ],
)
async def test_a_judge_that_listens_to_the_artifact_is_found_out(accepts: Any, moved: set[str]) -> None:
    """By seat, perturbation and item, so that it can be seen again."""
    report = await check(accepts)
    assert not report.ok
    found = {move.perturbation for move in report.moves if move.seat == "one"}
    assert moved - {"orders-in-file"} <= found
    assert all(move.item == "item" for move in report.moves)
    assert report.to_json()["moves"][0]["perturbation"] in CHANGES


async def test_a_judge_that_accepts_everything_is_not_sound() -> None:
    """It moves nothing, and it accepts what cannot be right."""
    report = await check(lambda case: True)
    assert {move.perturbation for move in report.moves} == {c.name for c in perturbations() if c.expects != "same"}


async def test_a_judge_that_is_silent_is_not_sound() -> None:
    """Abstaining from everything is no way to pass."""
    report = await check(lambda case: None)
    assert not report.ok
    assert report.abstentions == {"one": 1}
    assert report.moves == []


def right(case: JudgeCase) -> bool:
    """Accept the fixed program in any dress, and nothing else."""
    try:
        return run(case.artifact["program.py"].data, 4) == 5
    except (SyntaxError, ValueError, KeyError, RecursionError, MemoryError):
        return False


async def test_evidence_that_does_not_hold_on_an_item_as_it_is_is_not_sound() -> None:
    """It is counted by seat, and named with its item; on changed items nothing is counted."""
    held = Evidence(EvidencePointer(claim="adds", file="program.py", line=3, quote="a + 1"))
    false = Evidence(EvidencePointer(claim="drops", file="program.py", line=3, quote="a - 1"))
    assert (await check(right, (held,))).ok
    report = await check(right, (held, false))
    assert not report.ok
    assert report.evidence == {"one": {"held": 1, "not-held": 1, "unchecked": 0}}
    (refuted,) = report.to_json()["refuted"]
    assert (refuted["seat"], refuted["item"], refuted["claim"]) == ("one", "item", "drops")
    assert refuted["reason"] == "the line says otherwise"
