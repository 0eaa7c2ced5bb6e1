"""The worker that runs jobs for real: what it makes of artifacts that become adversarial items."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rqgm.archive.adversarial import AdversarialItem
from rqgm.archive.blobs import Blobs
from rqgm.archive.lineage import Lineage
from rqgm.archive.state import Artifact
from rqgm.core.errors import SandboxLostError
from rqgm.core.trees import File
from rqgm.core.words import Pool, RoleKind, Verdict
from rqgm.evolution.criterion import Criterion, Measure, MeasuredRole
from rqgm.evolution.work import Bench, SandboxWorker
from rqgm.evolution.worker import Labelling, SeatRef, Validation
from rqgm.evolution.worker import Test as TestJob
from rqgm.judging.panel import Panel, PanelSpec, SeatSpec
from rqgm.orchestration.talk import TalkSpec, open_talk
from rqgm.sandbox.pool import Sandboxes
from rqgm.sandbox.profile import Profile
from rqgm.tasks.suite import load_suite

WORKSPACE = "schema_version = 1\n" + "".join(
    f'[roles.{name}]\nkind = "{kind}"\ncommand = ["true"]\nfolders = ["{name}"]\n'
    for name, kind in (("coder", "solver"), ("reviewer", "judge"), ("editor", "editor"))
)
PANEL = Panel(PanelSpec(name="p", seats=[SeatSpec(name="s", judge="role:reviewer")]))
MADE = {"a.txt": File(b"made by a machine")}


@pytest.fixture
def suite(tmp_path: Path) -> Any:
    """A solving suite of one task with a hidden test."""
    files = {
        "suite.toml": 'schema_version = 1\nname = "sums"\nkind = "solving"\nlicence = "MIT"\nsource = "here"\n',
        "one/task.toml": 'schema_version = "1.0"\n[rqgm]\nartifacts = ["a.txt"]\npool = "validation"\n',
        "one/instruction.md": "Sum up.\n",
        "one/environment/Dockerfile": "FROM scratch\nWORKDIR /app\nCOPY . .\n",
        "one/environment/a.txt": "public\n",
        "one/tests/test.sh": "#!/bin/sh\n# hidden\n",
        "one/solution/solve.sh": "#!/bin/sh\n# secret\n",
    }
    for name, text in files.items():
        (tmp_path / "sums" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "sums" / name).write_text(text)
    return load_suite(tmp_path / "sums")


@asynccontextmanager
async def working(
    tmp_path: Path, suite: Any, backend: Any, workspace: str = WORKSPACE, policy: str | None = None
) -> Any:
    """Give a worker, the blobs it uses and generation zero's commit."""
    measures = (Measure("tests", 1.0), Measure("panel", 1.0, PANEL))
    hard = (Measure("anchor", 1.0), Measure("adversarial", 1.0, share=0.5))
    criterion = Criterion(
        (
            MeasuredRole("coder", RoleKind.SOLVER, "sums", suite.hash, {Pool.VALIDATION: ("one",)}, measures),
            MeasuredRole("reviewer", RoleKind.JUDGE, "reviews", "i-1", {}, hard, steps=9),
        ),
        "editor",
        "digest",
    )
    if policy:
        talk = open_talk(TalkSpec(policy=policy), None, "here")
        criterion = replace(criterion, roles=tuple(replace(role, talk=talk) for role in criterion.roles))
    tree = {"workspace.toml": File(workspace.encode()), **{f"{r}/a.py": File(b"") for r in criterion.role_kinds}}
    lineage, blobs = Lineage(tmp_path / "git", create=True), Blobs(tmp_path / "blobs")
    commit = lineage.add(0, tree, None, "seed", {})
    async with Sandboxes(backend, "test", spare=0) as sandboxes:
        bench = Bench(sandboxes, Profile(name="p"), {"sums": suite}, lineage, blobs, criterion, 7)
        yield SandboxWorker(bench), blobs, commit


def judging(commit: str, blob: str, label: Verdict | None) -> Validation:
    """Return a job that lets the reviewer judge the artifact: as an item with a label, or in a panel without one."""
    if label is not None:
        item = AdversarialItem("one~1", "coder", "one", blob, 0, 1, label, "verifier")
        return Validation(1, commit, "reviewer", "one~1", "adversarial", {}, "key", None, item)
    seats = {"p/s": SeatRef(commit, "reviewer", "h")}
    return Validation(1, commit, "coder", "one", "panel:p", seats, "key", Artifact(blob, None, ""))


@pytest.mark.parametrize(
    ("verdict", "label", "right"),
    [("accept", "accept", 1), ("accept", "reject", 0), ("reject", "reject", 1), ("abstain", "reject", 0)],
)
async def test_a_judge_is_right_when_its_verdict_is_the_label(
    tmp_path: Path, suite: Any, fake_backend: Any, verdict: str, label: str, right: int
) -> None:
    """And an abstention never is."""
    backend = fake_backend(lambda sandbox: sandbox.answer({"verdict": verdict, "score": 0.5}))
    async with working(tmp_path, suite, backend) as (worker, blobs, commit):
        found = await worker.validate(judging(commit, blobs.put_tree(MADE), Verdict(label)))
    assert (found["y"], found["opinions"][0]["verdict"]) == (right, verdict)


async def test_an_adversarial_item_is_shown_as_a_panel_would_show_it(
    tmp_path: Path, suite: Any, fake_backend: Any
) -> None:
    """Equal files, equal request: neither label nor pool nor hidden test is anywhere in the sandbox."""
    backend = fake_backend(lambda sandbox: sandbox.answer({"verdict": "accept", "score": 1}))
    async with working(tmp_path, suite, backend) as (worker, blobs, commit):
        blob = blobs.put_tree(MADE)
        await worker.validate(judging(commit, blob, None))
        await worker.validate(judging(commit, blob, Verdict.REJECT))
    panel, item = backend.used
    assert item.placed == panel.placed
    assert item.request == panel.request
    assert [path for path, _, _ in item.placed] == ["/rqgm/role", "/rqgm/io", "/rqgm/artifact", "/rqgm/task"]
    given = json.dumps({p: f.data.decode() for p, f in item.files.items() if not p.endswith("response.json")})
    assert "made by a machine" in given
    for secret in ("reject", "adversarial", "one~1", "hidden", "secret", "verifier"):
        assert secret not in given


async def test_the_verifier_runs_only_where_it_is_asked_for_and_not_on_record(
    tmp_path: Path, suite: Any, fake_backend: Any
) -> None:
    """Known outcomes are taken, an untested role's artifact stays without one, equal artifacts are verified once."""
    backend = fake_backend(lambda sandbox: sandbox.files.update({"/logs/verifier/reward.txt": File(b"1")}) or ended())
    async with working(tmp_path, suite, backend) as (worker, blobs, _):
        blob = blobs.put_tree(MADE)
        assert (await worker.label(Labelling("coder", "one", blob, True, 0)))["y"] == 0
        assert (await worker.label(Labelling("coder", "one", blob, False, None)))["y"] is None
        assert backend.used == []
        found = await worker.label(Labelling("coder", "one", blob, True, None))
        assert (found["y"], found["kept_out"], found["usage"]["cpu_s"]) == (1, None, 0.25)
        again = await worker.label(Labelling("coder", "one", blob, True, None))
        assert (again["y"], again["usage"]["cpu_s"], len(backend.used)) == (1, 0.0, 1)


def ended() -> Any:
    """Return a command's good end."""
    from rqgm.sandbox.protocol import Completed

    return Completed(exit_code=0, stdout=b"", stderr=b"", wall_s=0.5, cpu_s=0.25)


async def test_what_cannot_be_read_or_is_huge_is_kept_out(tmp_path: Path, suite: Any, fake_backend: Any) -> None:
    """With its reason; nothing is run on it."""
    backend = fake_backend(lambda sandbox: ended())
    async with working(tmp_path, suite, backend) as (worker, blobs, _):
        huge = blobs.put_tree({f"{k}.txt": File(b"x" * 900_000) for k in range(3)})
        many = blobs.put_tree({f"{k}.txt": File(b"") for k in range(201)})
        missing = blobs.put_tree({"a.txt": File(b"soon gone")})
        blobs.path(blobs.put(b"soon gone")).unlink()
        for blob, reason in (
            (huge, "too large"),
            (many, "too large"),
            (missing, "unreadable"),
            (blobs.put(b"?"), "unreadable"),
        ):
            found = await worker.label(Labelling("coder", "one", blob, True, None))
            assert (found["y"], found["kept_out"]) == (None, reason)
    assert backend.used == []


def solving(commit: str, n: int, measure: str) -> Validation:
    """Return a job that measures the coder's work on the one task; both measures want the same artifact."""
    seats = {"p/s": SeatRef(commit, "reviewer", "h")} if measure == "panel:p" else {}
    return Validation(n, commit, "coder", "one", measure, seats, "key", None)


async def test_a_solvers_work_is_made_once_until_it_is_committed_and_paid_once(
    tmp_path: Path, suite: Any, fake_backend: Any
) -> None:
    """A stochastic solver that ran again would make another artifact, and cost again."""
    solved = 0

    def behave(sandbox: Any) -> Any:
        nonlocal solved
        kind = sandbox.request["kind"]
        if kind == "solver":
            solved += 1
            sandbox.files["/app/a.txt"] = File(f"made the {solved}. time".encode())
            return sandbox.answer({"notes": None})
        return sandbox.answer({"verdict": "accept", "score": 1})

    async with working(tmp_path, suite, fake_backend(behave)) as (worker, _, commit):
        first = await worker.validate(solving(commit, 1, "panel:p"))
        second = await worker.validate(solving(commit, 2, "panel:p"))
    assert solved == 1
    assert first["made"] == second["made"]
    assert (first["usage"]["agent_runs"], second["usage"]["agent_runs"]) == (2, 1)


async def test_whoever_fails_outside_the_agents_leaves_the_bill_to_the_next(
    tmp_path: Path, suite: Any, fake_backend: Any
) -> None:
    """The solver's work is kept, its cost is counted with the first outcome that comes about."""
    lost = [True]

    def behave(sandbox: Any) -> Any:
        if sandbox.request["kind"] == "solver":
            sandbox.files["/app/a.txt"] = File(b"made")
            return sandbox.answer({"notes": None})
        if lost.pop() if lost else False:
            raise SandboxLostError("gone")
        return sandbox.answer({"verdict": "accept", "score": 1})

    async with working(tmp_path, suite, fake_backend(behave)) as (worker, _, commit):
        with pytest.raises(SandboxLostError):
            await worker.validate(solving(commit, 1, "panel:p"))
        again = await worker.validate(solving(commit, 2, "panel:p"))
    assert again["usage"]["agent_runs"] == 2


TEAM = WORKSPACE.replace('kind = "solver"', 'kind = "solver"\nteam = 3')


async def test_a_teams_work_is_made_once_and_paid_once_with_all_of_its_turns(
    tmp_path: Path, suite: Any, fake_backend: Any
) -> None:
    """The outcome says how it talked; what a later measure finds made already tells of no team."""

    def behave(sandbox: Any) -> Any:
        if "/rqgm/io/request.json" not in sandbox.files:  # the verifier's
            sandbox.files["/logs/verifier/reward.txt"] = File(b"1")
            return ended()
        if sandbox.request["kind"] == "solver":
            place = sandbox.request["team"]
            sandbox.files["/app/a.txt"] = File(f"{place['member']}.{place['turn']}".encode())
            return sandbox.answer({"evidence": 0.1 * (place["member"] + place["turn"]), "notes": place["turn"]})
        return sandbox.answer({"verdict": "accept", "score": 1})

    async with working(tmp_path, suite, fake_backend(behave), TEAM, "full") as (worker, blobs, commit):
        first = await worker.validate(solving(commit, 1, "panel:p"))
        made = Artifact(first["made"]["blob"], None, "")
        second = await worker.validate(replace(solving(commit, 2, "panel:p"), made=made))
        tested = await worker.test(TestJob(commit, "coder", "one"))
    assert (first["usage"]["agent_runs"], second["usage"]["agent_runs"]) == (3 + 2 + 1, 1)
    assert first["team"]["plan"]["agents"] == 3
    assert [turn[2] for turn in first["team"]["turns"]] == ["accepted", "accepted"]
    chosen = first["team"]["chosen"]
    assert blobs.get_tree(first["made"]["blob"])["a.txt"].data.decode().startswith(f"{chosen}.")
    assert "team" not in second
    assert (tested["team"], tested["usage"]["agent_runs"]) == (first["team"], 5)


async def test_a_team_that_fails_as_a_whole_is_a_failure_like_any_other(
    tmp_path: Path, suite: Any, fake_backend: Any
) -> None:
    """Nothing made, nothing right, everything charged."""

    def behave(sandbox: Any) -> Any:
        return sandbox.answer({}, exit_code=3)

    async with working(tmp_path, suite, fake_backend(behave), TEAM, "full") as (worker, _, commit):
        found = await worker.validate(solving(commit, 1, "panel:p"))
    assert (found["y"], found["failure"], found["made"]["blob"]) == (0, "crash", None)
    assert found["usage"]["agent_runs"] == 3 + 2
    assert [turn[2:] for turn in found["team"]["turns"]] == [["failed", "crash"]] * 2


class Lender:
    """Lends leases and remembers for which jobs."""

    def __init__(self) -> None:
        self.scopes: list[tuple[str, str]] = []
        self.place = Path("/nowhere")

    def lease(self, role: str, scope: str) -> None:
        self.scopes.append((role, scope))


async def test_jobs_are_named_in_the_record_of_calls_so_that_a_replay_finds_them(
    tmp_path: Path, suite: Any, fake_backend: Any
) -> None:
    """A solver's work by what it is, a judge's by the job and the slot; equal in every run of equal decisions."""

    def behave(sandbox: Any) -> Any:
        if sandbox.request["kind"] == "solver":
            sandbox.files["/app/a.txt"] = File(b"made")
            return sandbox.answer({"notes": None})
        return sandbox.answer({"verdict": "accept", "score": 1})

    async with working(tmp_path, suite, fake_backend(behave)) as (worker, _, commit):
        lender = Lender()
        worker.bench = replace(worker.bench, models=lender)
        await worker.validate(solving(commit, 7, "panel:p"))
    assert lender.scopes == [("coder", "work/key"), ("reviewer", "validate/7/p/s")]


def test_models_are_part_of_the_utility_id_and_their_roles_share_no_outcomes() -> None:
    """Another model is another criterion; what a model answers is no function of the role's files."""
    roles = (MeasuredRole("coder", RoleKind.SOLVER, "s", "h", {}, (Measure("tests", 1.0),)),)
    plain, one, two = (Criterion(roles, "editor", "d", models) for models in ({}, {"coder": "a/x"}, {"coder": "a/y"}))
    assert len({criterion.utility_id({}) for criterion in (plain, one, two)}) == 3
    assert plain.deterministic(["coder", "editor"]) == ["coder", "editor"]
    assert one.deterministic(["coder", "editor"]) == ["editor"]
