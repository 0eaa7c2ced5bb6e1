"""Teams of solvers: real programs that answer in parallel, hear each other, fail, and lie."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from rqgm.core.errors import SandboxLostError
from rqgm.core.failures import Failure
from rqgm.core.streams import stream_seed
from rqgm.core.trees import File
from rqgm.core.usage import Usage
from rqgm.orchestration.plans import Plan, Turn
from rqgm.orchestration.talk import TalkSpec, open_talk, silence
from rqgm.roles.manifest import parse_manifest
from rqgm.roles.messages import MAX_MESSAGE_BYTES
from rqgm.sandbox.pool import Sandboxes
from rqgm.sandbox.process import ProcessBackend
from rqgm.sandbox.profile import Profile
from rqgm.tasks.solving import Solver
from rqgm.tasks.task import load_task
from rqgm.tasks.teams import MAX_SHOWN_BYTES, Assignment, Contribution, Solved, solve

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from pathlib import Path

    from rqgm.orchestration.talk import Talk
    from rqgm.tasks.task import Task

MANIFEST = """schema_version = 1
[roles.coder]
kind = "solver"
command = ["python3", "-I", "-S", "role/main.py"]
folders = ["role"]
team = {}
"""
ROLE = """
import json, os, sys, time
root = os.environ.get("RQGM_ROOT", "")
request = json.load(open(root + "/rqgm/io/request.json"))
team = request.get("team")
acts = json.load(open("role/acts.json"))
act = {**acts.get("*", {}), **(acts.get(f"{team['member']}.{team['turn']}" if team else "alone", {}))}
began = time.monotonic()
if act.get("meet"):  # wait until all members of the team are here
    open(f"{act['meet']}/{team['member']}", "w")
    while len(os.listdir(act["meet"])) < team["members"]:
        if time.monotonic() > began + 30:
            sys.exit(9)
        time.sleep(0.01)
time.sleep(act.get("sleep", 0))
seen = {}
for said in ([team["own"]] if team and team["own"] else []) + (team["heard"] if team else []):
    for path, _, names in os.walk(said["artifact"] or "/nowhere"):
        for name in names:
            full = os.path.join(path, name)
            mode = os.stat(full).st_mode & 0o222
            seen[os.path.relpath(full, root + "/rqgm/team")] = [open(full).read(100), mode]
work = open(os.path.join(request["workdir"], "a.txt")).read()
for name, text in act.get("files", {}).items():
    open(os.path.join(request["workdir"], name), "w").write(text * act.get("times", 1))
if act.get("link"):
    os.unlink(os.path.join(request["workdir"], "a.txt"))
    os.symlink("/etc/hostname", os.path.join(request["workdir"], "a.txt"))
notes = {"request": request, "seen": seen, "work": work, "span": [began, time.monotonic()]}
response = json.dumps({"schema_version": 1, "notes": notes, **act.get("response", {})})
response = act.get("raw", response) + " " * act.get("pad", 0)
open(root + "/rqgm/io/response.json", "w").write(response)
sys.exit(act.get("exit", 0))
"""
PROFILE = Profile(name="plain", wall_s=60)


def wrote(text: str, **response: Any) -> dict[str, Any]:
    """Return an act that leaves `text` in the artifact."""
    return {"files": {"a.txt": text}, "response": response}


@dataclass(frozen=True)
class Watched(Assignment):
    """An assignment that keeps what each member answered in each turn, and whom it heard."""

    log: dict[tuple[int, int], Contribution] = field(default_factory=dict)
    heard: dict[tuple[int, int], list[int]] = field(default_factory=dict)

    async def answer(
        self,
        member: int,
        turn: int = 0,
        own: Contribution | None = None,
        heard: Mapping[int, Contribution] | None = None,
    ) -> Contribution:
        """Answer as an assignment does."""
        self.heard[member, turn] = list(heard or ())
        self.log[member, turn] = await super().answer(member, turn, own, heard)
        return self.log[member, turn]

    def notes(self, member: int, turn: int = 0) -> Any:
        """Return what a member tells of what it was shown."""
        return self.log[member, turn].notes


@pytest.fixture
def task(make_task: Any) -> Task:
    """A task whose artifact is one file."""
    return load_task(make_task("exit 0\n"))


@pytest.fixture
async def sandboxes() -> AsyncIterator[Sandboxes]:
    """Sandboxes of the `process` back-end."""
    async with Sandboxes(ProcessBackend(), "test-teams", spare=2) as pool:
        yield pool


def workspace(team: int, acts: Mapping[str, Any]) -> dict[str, File]:
    """Return a workspace whose coder does what `acts` says, by ``member.turn``."""
    texts = {"workspace.toml": MANIFEST.format(team), "role/main.py": ROLE, "role/acts.json": json.dumps(acts)}
    return {path: File(text.encode()) for path, text in texts.items()}


def assign(sandboxes: Sandboxes, task: Task, team: int, acts: Mapping[str, Any], **changes: Any) -> Watched:
    """Return the task put to a team."""
    tree = workspace(team, acts)
    solver = Solver(tree, parse_manifest(tree), "coder")
    given = {"sandboxes": sandboxes, "profile": PROFILE, "task": task, "solver": solver, "seed": 7, "scope": "work/x"}
    return Watched(**{**given, **changes})


def talk(policy: str) -> Talk:
    """Open a policy that ships and is not learned."""
    return open_talk(TalkSpec(policy=policy), None, "here")


def text_of(said: Contribution) -> str:
    """Return what is in the artifact."""
    return said.tree["a.txt"].data.decode()


# ------------------------------------------------------------------ who is asked, and how


async def test_one_member_is_asked_as_it_was_before_there_were_teams(task: Task, fake_backend: Any) -> None:
    """The same bytes, the same seed, the same scope; whatever policy there is."""
    lent: list[tuple[str, str]] = []

    class Lending:
        place = None

        def lease(self, role: str, scope: str) -> None:
            lent.append((role, scope))

    def behave(sandbox: Any) -> Any:
        sandbox.files["/app/a.txt"] = File(b"made")
        return sandbox.answer({"notes": None})

    backend = fake_backend(behave)
    async with Sandboxes(backend, "test", spare=0) as pool:
        tree = workspace(1, {})
        solver = Solver(tree, parse_manifest(tree), "coder")
        assignment = Assignment(pool, PROFILE, task, solver, 7, 10, Lending(), "work/x")  # type: ignore[arg-type]
        solved = await solve(assignment, talk("full"))
    (used,) = backend.used
    assert used.files["/rqgm/io/request.json"].data == (
        b'{"schema_version":1,"role":"coder","seed":%d,"limits":{"wall_s":60.0,"steps":10},"model":null,"kind":"solver",'
        b'"task":"scripted","instruction":"Do it.\\n","workdir":"/app","artifacts":["a.txt"]}'
        % stream_seed(7, "role", "coder", "scripted")
    )
    assert [path for path, _, _ in used.placed] == ["/rqgm/role", "/rqgm/io", "/app"]
    assert lent == [("coder", "work/x")]
    assert (solved.team, text_of(solved.chosen), solved.usage.agent_runs) == (None, "made", 1)


async def test_a_team_drafts_in_parallel_each_member_by_its_own_number_and_seed(
    task: Task, sandboxes: Sandboxes, tmp_path: Path
) -> None:
    """They meet while they work. Steps are shared; the first member has the seed of one that works alone."""
    meeting = tmp_path / "meeting"
    meeting.mkdir()
    acts = {"*": {"meet": str(meeting)}, **{f"{k}.0": wrote(f"{k}") for k in range(3)}}
    assignment = assign(sandboxes, task, 3, acts, steps=31)
    solved = await solve(assignment, None)
    requests = [assignment.notes(member)["request"] for member in range(3)]
    assert [text_of(assignment.log[member, 0]) for member in range(3)] == ["0", "1", "2"]
    for member, request in enumerate(requests):
        place = {"member": member, "members": 3, "turn": 0, "own": None, "heard": []}
        assert (request["team"], request["limits"]["steps"]) == (place, 10)
    assert len({request["seed"] for request in requests}) == 3
    assert requests[0]["seed"] == stream_seed(7, "role", "coder", "scripted")
    assert solved.usage.agent_runs == 3
    assert solved.usage.cpu_s == pytest.approx(sum(said.usage.cpu_s for said in assignment.log.values()))


async def test_a_gate_bounds_how_many_members_work_at_a_time(task: Task, sandboxes: Sandboxes) -> None:
    """Their spans do not overlap, nor in the second round."""
    assignment = assign(sandboxes, task, 3, {"*": wrote("x") | {"sleep": 0.05}})
    await solve(assignment, talk("debate(1)"), asyncio.Semaphore(1))
    spans = sorted(said.notes["span"] for said in assignment.log.values())  # type: ignore[index]
    assert len(spans) == 6
    assert all(before[1] <= after[0] for before, after in pairwise(spans))


@pytest.mark.parametrize(("steps", "members", "each"), [(0, 3, 0), (2, 3, 1), (3, 3, 1), (100, 3, 33)])
async def test_a_share_of_few_steps_is_never_no_limit(
    task: Task, sandboxes: Sandboxes, steps: int, members: int, each: int
) -> None:
    """0 means that steps are not counted."""
    assignment = assign(sandboxes, task, members, {}, steps=steps)
    await solve(assignment, None)
    told = [assignment.notes(member)["request"]["limits"]["steps"] for member in range(members)]
    assert told == [each] * members


async def test_every_answer_of_a_member_has_a_name_of_its_own_in_the_record_of_calls(
    task: Task, sandboxes: Sandboxes
) -> None:
    """So that a replay finds what this one was answered."""
    lent: list[str] = []

    class Lending:
        place = None

        def lease(self, _: str, scope: str) -> None:
            lent.append(scope)

    assignment = assign(sandboxes, task, 2, {}, models=Lending())
    await solve(assignment, talk("debate(2)"))
    assert sorted(lent) == [f"work/x/member/{member}/turn/{turn}" for member in range(2) for turn in range(3)]


# ------------------------------------------------------------------ nobody talks


@pytest.mark.parametrize("policy", [None, "parallel", "random(0)", "self-org(1)"])
async def test_without_talk_the_drafts_stand_and_nobody_is_asked_again(
    task: Task, sandboxes: Sandboxes, policy: str | None
) -> None:
    """No policy, the one that says never, and plans that came out empty: the same result in every bit."""
    acts = {
        "0.0": wrote("first", evidence=0.5),
        "1.0": wrote("second", evidence=0.75),
        "2.0": wrote("third", evidence=0.5),
    }
    assignment = assign(sandboxes, task, 3, acts)
    solved = await solve(assignment, talk(policy) if policy else None)
    assert set(assignment.log) == {(0, 0), (1, 0), (2, 0)}
    assert solved.chosen is assignment.log[1, 0]
    assert solved.usage == sum((assignment.log[k, 0].usage for k in range(3)), Usage())
    assert solved.team is not None
    assert solved.team | {"plan": None} == {
        "plan": None, "chosen": 1, "extra_calls": 0, "critical_path": 0, "turns": []
    }  # fmt: skip
    assert Plan.from_json(solved.team["plan"]).empty


# ------------------------------------------------------------------ who hears whom


@pytest.mark.parametrize("policy", ["full", "chain", "star", "debate(2)"])
async def test_who_is_asked_again_hears_the_newest_answers_in_the_plans_order(
    task: Task, sandboxes: Sandboxes, policy: str
) -> None:
    """In files that may not be written; its own work begins anew."""
    acts = {
        f"{member}.{turn}": wrote(f"{member}.{turn}", answer=f"{member}.{turn}", message={"of": [member, turn]})
        for member in range(3)
        for turn in range(3)
    }
    assignment = assign(sandboxes, task, 3, acts)
    solved = await solve(assignment, talk(policy))
    assert solved.team is not None
    plan = Plan.from_json(solved.team["plan"])
    assert set(assignment.log) == {(member, 0) for member in range(3)} | set(plan.turns)
    for turn, heard in plan.turns.items():
        notes = assignment.notes(*turn)
        place = notes["request"]["team"]
        own = Turn(turn.agent, turn.number - 1)
        assert [place["member"], place["members"], place["turn"]] == [turn.agent, 3, turn.number]
        assert [told["answer"] for told in place["heard"]] == [f"{one.agent}.{one.number}" for one in heard]
        assert [told["message"] for told in place["heard"]] == [{"of": list(one)} for one in heard]
        assert place["own"]["answer"] == f"{own.agent}.{own.number}"
        shown = {f"{one.agent}/a.txt": [f"{one.agent}.{one.number}", 0] for one in heard}
        assert notes["seen"] == shown | {"own/a.txt": [f"{own.agent}.{own.number}", 0]}
        assert notes["work"] == "old\n"
        assert notes["request"]["seed"] == assignment.notes(turn.agent)["request"]["seed"]
    assert solved.usage.agent_runs == 3 + plan.extra_calls
    assert (solved.team["extra_calls"], solved.team["critical_path"]) == (plan.extra_calls, plan.critical_path)
    assert {tuple(entry[:2]) for entry in solved.team["turns"]} == set(plan.turns)


async def test_a_message_that_is_too_large_or_too_deep_is_not_passed_on(task: Task, sandboxes: Sandboxes) -> None:
    """Its author hears nothing of it either; the rest of what was said is."""
    deep = json.loads("[" * 200 + "]" * 200)
    acts = {
        "0.0": wrote("a", answer="a", message="x" * (MAX_MESSAGE_BYTES + 1), evidence=0.5),
        "1.0": wrote("b", answer="b", message=deep),
        "2.0": wrote("c", answer="c", message="x" * (MAX_MESSAGE_BYTES - 2)),
    }
    assignment = assign(sandboxes, task, 3, acts)
    solved = await solve(assignment, talk("debate(1)"))
    assert [turn[2] for turn in solved.team["turns"]].count("failed") == 0  # type: ignore[index]
    place = assignment.notes(1, 1)["request"]["team"]
    heard = {told["member"]: told for told in place["heard"]}
    assert heard[0] | {"artifact": None} == {
        "member": 0, "answer": "a", "evidence": 0.5, "message": None, "artifact": None
    }  # fmt: skip
    assert heard[2]["message"] == "x" * (MAX_MESSAGE_BYTES - 2)
    assert (place["own"]["message"], place["own"]["answer"]) == (None, "b")


async def test_an_artifact_that_is_too_large_is_not_shown(task: Task, sandboxes: Sandboxes) -> None:
    """A sandbox must hold those of a whole team; the answer itself counts like any other."""
    large = wrote("x" * 1024, evidence=1.0) | {"times": MAX_SHOWN_BYTES // 1024 + 1}
    assignment = assign(sandboxes, task, 2, {"0.0": large, "1.0": wrote("small")})
    solved = await solve(assignment, talk("debate(1)"))
    assert assignment.notes(1, 1)["request"]["team"]["heard"][0]["artifact"] is None
    assert list(assignment.notes(1, 1)["seen"]) == ["own/a.txt"]
    assert list(assignment.notes(0, 1)["seen"]) == ["1/a.txt"]
    assert len(solved.chosen.tree["a.txt"].data) > MAX_SHOWN_BYTES


# ------------------------------------------------------------------ who fails, lies or loses


BAD_TURNS: dict[str, tuple[dict[str, Any], Failure]] = {
    "crash": ({"exit": 3}, Failure.CRASH),
    "time": ({"sleep": 60}, Failure.TIMEOUT),
    "garbage": ({"raw": "\x00{"}, Failure.MALFORMED_RESPONSE),
    "megabyte": ({"pad": 1 << 20}, Failure.MALFORMED_RESPONSE),
    "not a number": ({"raw": '{"schema_version": 1, "evidence": NaN}'}, Failure.MALFORMED_RESPONSE),
    "infinite": ({"raw": '{"schema_version": 1, "message": 1e999}'}, Failure.MALFORMED_RESPONSE),
    "surrogate": ({"raw": '{"schema_version": 1, "answer": "\\ud800"}'}, Failure.MALFORMED_RESPONSE),
    "evidence beyond 1": ({"response": {"evidence": 1.5}}, Failure.MALFORMED_RESPONSE),
    "answer without end": ({"response": {"answer": "x" * 2_001}}, Failure.MALFORMED_RESPONSE),
    "answer of another kind": ({"response": {"answer": {"a": 1}}}, Failure.MALFORMED_RESPONSE),
    "unknown key": ({"response": {"chosen": 1}}, Failure.MALFORMED_RESPONSE),
    "nested without end": ({"raw": '{"message":' + "[" * 100_000}, Failure.MALFORMED_RESPONSE),
    "link": ({"link": True}, Failure.REFUSED_ARTIFACT),
}


@pytest.mark.parametrize("case", BAD_TURNS)
async def test_who_fails_in_the_second_round_keeps_its_draft_and_is_charged(
    task: Task, sandboxes: Sandboxes, case: str
) -> None:
    """The record has the failure."""
    act, failure = BAD_TURNS[case]
    acts = {"0.0": wrote("draft 0"), "1.0": wrote("draft 1"), "0.1": act, "1.1": act}
    profile = PROFILE.model_copy(update={"wall_s": 8.0}) if case == "time" else PROFILE
    assignment = assign(sandboxes, task, 2, acts, profile=profile)
    solved = await solve(assignment, talk("chain"))
    assert solved.team is not None
    ((agent, number, *became),) = solved.team["turns"]
    assert (number, became) == (1, ["failed", failure.value])
    assert text_of(solved.chosen) in ("draft 0", "draft 1")
    assert solved.chosen.failure is None
    again = assignment.log[agent, 1].usage
    assert again.wall_s > 0
    assert solved.usage == assignment.log[0, 0].usage + assignment.log[1, 0].usage + again


async def test_a_revision_that_loses_evidence_is_refused(task: Task, sandboxes: Sandboxes) -> None:
    """Also one that has none left; more or equal is accepted."""
    first = {f"{member}.0": wrote(f"draft {member}", evidence=0.5) for member in range(4)}
    again = {
        "0.1": wrote("worse", evidence=0.25),
        "1.1": wrote("silent"),
        "2.1": wrote("equal", evidence=0.5),
        "3.1": wrote("better", evidence=0.75),
    }
    solved = await solve(assign(sandboxes, task, 4, first | again), talk("debate(1)"))
    assert solved.team is not None
    assert {turn[0]: turn[2] for turn in solved.team["turns"]} == {
        0: "refused", 1: "refused", 2: "accepted", 3: "accepted"
    }  # fmt: skip
    assert (text_of(solved.chosen), solved.usage.agent_runs) == ("better", 8)


async def test_a_member_that_fails_first_is_heard_as_nothing_and_may_recover(task: Task, sandboxes: Sandboxes) -> None:
    """What it cost is charged."""
    acts = {"0.0": {"exit": 1}, "1.0": wrote("draft"), "0.1": wrote("after hearing", evidence=0.9)}
    assignment = assign(sandboxes, task, 2, acts)
    solved = await solve(assignment, talk("debate(1)"))
    heard = assignment.notes(1, 1)["request"]["team"]["heard"]
    assert heard == [{"member": 0, "answer": None, "evidence": None, "message": None, "artifact": None}]
    assert (text_of(solved.chosen), solved.usage.agent_runs) == ("after hearing", 4)


@pytest.mark.parametrize("policy", ["parallel", "full"])
async def test_a_team_that_fails_as_a_whole_fails_by_a_typed_failure(
    task: Task, sandboxes: Sandboxes, policy: str
) -> None:
    """Whatever the policy."""
    solved = await solve(assign(sandboxes, task, 3, {"*": {"exit": 3}}), talk(policy))
    assert (solved.chosen.failure, dict(solved.chosen.tree)) == (Failure.CRASH, {})
    assert solved.usage.agent_runs == (3 if policy == "parallel" else 5)


async def test_what_fails_outside_the_members_is_raised(task: Task, fake_backend: Any) -> None:
    """In the first round and in the second; nothing is scored."""
    for turn in (0, 1):

        def behave(sandbox: Any, turn: int = turn) -> Any:
            if sandbox.request["team"]["turn"] == turn and sandbox.request["team"]["member"] == 1:
                raise SandboxLostError("gone")
            sandbox.files["/app/a.txt"] = File(b"made")
            return sandbox.answer({"notes": None})

        async with Sandboxes(fake_backend(behave), "test", spare=0) as pool:
            with pytest.raises(SandboxLostError, match="gone"):
                await solve(assign(pool, task, 3, {}), talk("debate(1)"))


# ------------------------------------------------------------------ which answer is the team's


async def solved_by(sandboxes: Sandboxes, task: Task, *drafts: dict[str, Any]) -> Solved:
    """Return what a team comes to whose members answer so, and do not talk."""
    acts = {f"{member}.0": act for member, act in enumerate(drafts)}
    return await solve(assign(sandboxes, task, len(drafts), acts), silence())


async def test_equal_files_are_equal_answers(task: Task, sandboxes: Sandboxes) -> None:
    """Where nobody names its answer; the larger half is chosen."""
    solved = await solved_by(sandboxes, task, wrote("lonely"), wrote("same"), wrote("same"))
    assert text_of(solved.chosen) == "same"


async def test_a_named_answer_goes_before_the_files(task: Task, sandboxes: Sandboxes) -> None:
    """Two programs that do the same are one answer."""
    drafts = (wrote("x", answer="1"), wrote("y", answer="1"), wrote("z", answer="2"))
    assert text_of((await solved_by(sandboxes, task, *drafts)).chosen) in ("x", "y")


async def test_nobody_can_name_its_way_into_anothers_files(task: Task, sandboxes: Sandboxes) -> None:
    """An answer that looks like the hash of files is only an answer."""
    honest = (await solved_by(sandboxes, task, wrote("same"), wrote("same"))).chosen
    assert honest.answer is not None
    liars = [wrote("lie 1", answer=honest.answer), wrote("lie 2", answer=honest.answer), wrote("lie 3", answer="tree:")]
    solved = await solved_by(sandboxes, task, *liars, *[wrote("same")] * 3)
    assert text_of(solved.chosen) == "same"


async def test_identical_answers_are_one_answer(task: Task, sandboxes: Sandboxes) -> None:
    """Also where everybody is asked again and says the same."""
    solved = await solve(assign(sandboxes, task, 3, {"*": wrote("same", answer="")}), talk("full"))
    assert (text_of(solved.chosen), solved.chosen.answer) == ("same", "said:")


async def test_evidence_goes_before_numbers(task: Task, sandboxes: Sandboxes) -> None:
    """So that a right minority is chosen."""
    drafts = (wrote("many", evidence=0.5), wrote("many", evidence=0.5), wrote("few", evidence=0.75))
    assert text_of((await solved_by(sandboxes, task, *drafts)).chosen) == "few"


@asynccontextmanager
async def fresh() -> AsyncIterator[Sandboxes]:
    """Give other sandboxes."""
    async with Sandboxes(ProcessBackend(), "test-teams-again", spare=0) as pool:
        yield pool


async def test_the_same_team_comes_to_the_same_at_any_number_at_work(task: Task, sandboxes: Sandboxes) -> None:
    """Record and answer, but for what clocks say."""
    acts = {"*": wrote("same"), "1.0": wrote("other", evidence=0.5), "2.1": wrote("later", evidence=0.5)}
    first = await solve(assign(sandboxes, task, 3, acts), talk("star"), asyncio.Semaphore(1))
    async with fresh() as others:
        second = await solve(assign(others, task, 3, acts), talk("star"), asyncio.Semaphore(3))
    plain = replace(first.chosen, usage=Usage(), notes=None)
    assert plain == replace(second.chosen, usage=Usage(), notes=None)
    assert first.team == second.team
