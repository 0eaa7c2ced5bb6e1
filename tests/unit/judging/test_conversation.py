"""Panels that talk: who is told where it sits, what seats hear, and whose opinion stands."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from rqgm.core.criteria import Criterion
from rqgm.core.errors import SandboxLostError
from rqgm.core.failures import Failure
from rqgm.core.hashes import sha256
from rqgm.core.trees import File
from rqgm.core.usage import Usage
from rqgm.core.words import Fulfilment, Verdict
from rqgm.judging.conversation import draft, held, keeps_evidence
from rqgm.judging.criteria import Checks
from rqgm.judging.evidence import Evidence, Standing
from rqgm.judging.judge import JudgeCase, Opinion, RoleJudge
from rqgm.judging.panel import Hearing, Panel, PanelSpec, SeatSpec, load_panel
from rqgm.judging.seats import open_seat
from rqgm.orchestration.plans import Plan, Turn
from rqgm.orchestration.talk import TalkSpec, open_talk
from rqgm.roles.manifest import parse_manifest
from rqgm.roles.messages import MAX_MESSAGE_BYTES, EvidencePointer
from rqgm.run.shelves import Shelves, shipped_root
from rqgm.sandbox.pool import Sandboxes
from rqgm.sandbox.process import ProcessBackend
from rqgm.sandbox.profile import Profile

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from rqgm.judging.judge import Judge

MANIFEST = """schema_version = 1
[roles.reviewer]
kind = "judge"
command = ["python3", "-I", "-S", "role/main.py"]
folders = ["role"]
"""
ROLE = """
import json, os, sys
root = os.environ.get("RQGM_ROOT", "")
request = json.load(open(root + "/rqgm/io/request.json"))
panel = request.get("panel")
acts = json.load(open("role/acts.json"))
act = {**acts.get("*", {}), **acts.get(f"{panel['seat']}.{panel['turn']}" if panel else "alone", {})}
said = {"schema_version": 1, "verdict": "accept", "score": 1, "notes": request, **act.get("said", {})}
if act.get("repeat"):  # point at what was heard
    said["evidence"] = [one["pointer"] for heard in panel["heard"] for one in heard["evidence"]]
open(root + "/rqgm/io/response.json", "w").write(act.get("raw", json.dumps(said)) + " " * act.get("pad", 0))
sys.exit(act.get("exit", 0))
"""
PROFILE = Profile(name="plain", wall_s=60)
CASE = JudgeCase("task-1", "Mend it.", {"a.txt": File(b"old\n")}, {"a.txt": File(b"one\ntwo\n")}, seed=7, steps=9)
TRUE = {"claim": "it counts", "file": "a.txt", "line": 2, "quote": "two"}
FALSE = {"claim": "it sings", "file": "a.txt", "quote": "la la"}
CLAIM = {"claim": "it is good"}
PRINTS = ["python3", "-I", "-S", "-c", "print(1)"]
RUNS = {"claim": "it prints", "command": PRINTS, "output_sha256": sha256(b"1\n")}


def accept(*evidence: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return an act that accepts."""
    return {"said": {"evidence": list(evidence), **more}}


def reject(*evidence: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return an act that rejects."""
    return accept(*evidence, verdict="reject", score=0, **more)


@dataclass
class Room:
    """A panel whose seats are real programs that do what `acts` says, by ``seat.turn``."""

    pool: Sandboxes
    acts: Mapping[str, Any]
    seats: int = 3
    policy: str | None = "debate(1)"
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def panel(self) -> Panel:
        """The panel."""
        seats = [SeatSpec(name=f"s{k}", judge="role:reviewer") for k in range(self.seats)]
        policy = TalkSpec(policy=self.policy) if self.policy else None
        spec = PanelSpec(name="p", seats=seats, policy=policy, **self.settings)
        return Panel(spec, talk=open_talk(policy, None, "here") if policy else None)

    @property
    def judges(self) -> dict[str, Judge]:
        """Who sits in the seats."""
        texts = {"workspace.toml": MANIFEST, "role/main.py": ROLE, "role/acts.json": json.dumps(self.acts)}
        tree = {path: File(text.encode()) for path, text in texts.items()}
        judge = RoleJudge(self.pool, PROFILE, parse_manifest(tree), tree, "reviewer")
        return {f"s{k}": judge for k in range(self.seats)}

    async def hear(self, case: JudgeCase = CASE, judges: Mapping[str, Judge] | None = None) -> Hearing:
        """Ask the panel."""
        return await self.panel.ask(judges or self.judges, case, Checks(self.pool, PROFILE))


@pytest.fixture
async def sandboxes() -> AsyncIterator[Sandboxes]:
    """Sandboxes of the `process` back-end."""
    async with Sandboxes(ProcessBackend(), "test-conversation", spare=2) as pool:
        yield pool


def turns(hearing: Hearing, number: int = 0) -> dict[int, list[Any]]:
    """Return what became of each seat's second turn."""
    return {seat: became for seat, _, *became in hearing.talks[number]["turns"]}


def placed(hearing: Hearing, seat: int) -> Any:
    """Return where a seat was told that it sits, when it said what stands."""
    notes = hearing.opinions[f"s{seat}"].notes
    assert isinstance(notes, Mapping)
    return notes["panel"]


# ------------------------------------------------------------------ panels that do not talk


async def test_a_panel_without_a_policy_asks_as_it_did_before(fake_backend: Any) -> None:
    """Byte for byte: no seat is told that there are others."""
    backend = fake_backend(lambda sandbox: sandbox.answer({"verdict": "accept", "score": 1}))
    async with Sandboxes(backend, "test", spare=0) as pool:
        heard = await Room(pool, {}, 1, None).hear()
    (used,) = backend.used
    assert used.files["/rqgm/io/request.json"].data == (
        b'{"schema_version":1,"role":"reviewer","seed":7,"limits":{"wall_s":60.0,"steps":9},"model":null,"kind":"judge",'
        b'"task":"task-1","instruction":"Mend it.","artifact":"/rqgm/artifact","task_dir":"/rqgm/task","criteria":[]}'
    )
    assert heard.talks == ()


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("review", "3db5a8bfe9ce1dfcf27ca49a91faceac82fb19d304072d3345ce2e98da016ad6"),
        # Also of the prompt, and of rqgm's words to models: who changes these changes such panels.
        ("code-review", "17ca3d6956dce743e55025db5e29a50dd5ddaf99b3596d1909aa7888c0ed1a80"),
    ],
)
def test_a_panel_without_a_policy_is_the_panel_that_it_was(name: str, known: str) -> None:
    """Runs from before panels could talk have these hashes in their locks."""
    assert load_panel(shipped_root() / "judges" / name, Shelves(None).workspace).hash == known


def test_a_policy_is_part_of_the_panel() -> None:
    """Name and argument, in the order in which seats are counted."""
    rooms = [Room(None, {}, 2, policy) for policy in (None, "parallel", "full", "random(0.1)", "random(0.2)")]  # type: ignore[arg-type]
    assert len({room.panel.hash for room in rooms}) == len(rooms)


# ------------------------------------------------------------------ who hears what


@pytest.mark.parametrize("policy", ["full", "chain", "star", "debate(2)"])
async def test_seats_that_are_asked_again_hear_the_newest_opinions_in_the_plans_order(
    sandboxes: Sandboxes, policy: str
) -> None:
    """Verdict, score, what became of each pointer, and the message; and the same of what they said themselves."""
    acts = {
        f"{seat}.{turn}": accept(
            *[TRUE, FALSE, CLAIM][: seat + 1], score=(10 * seat + turn) / 100, message=[seat, turn]
        )
        for seat in range(3)
        for turn in range(3)
    }
    standings = ["held", "not-held", "unchecked"]
    heard = await Room(sandboxes, acts, policy=policy).hear()
    (talk,) = heard.talks
    plan = Plan.from_json(talk["plan"])
    assert {tuple(turn[:2]) for turn in talk["turns"]} == set(plan.turns)

    def told(turn: Turn) -> Any:
        evidence = [
            {"pointer": EvidencePointer(**one).model_dump(mode="json"), "standing": standing}
            for one, standing in list(zip([TRUE, FALSE, CLAIM], standings, strict=True))[: turn.agent + 1]
        ]
        said = {"verdict": "accept", "score": (10 * turn.agent + turn.number) / 100, "message": list(turn)}
        return {"seat": turn.agent, "evidence": evidence, "criteria": {}, **said}

    for seat in range(3):
        last = max((turn.number for turn in plan.turns if turn.agent == seat), default=0)
        expected = {"seat": seat, "seats": 3, "turn": last, "own": None, "heard": []}
        if last:
            expected["own"] = told(Turn(seat, last - 1))
            expected["heard"] = [told(turn) for turn in plan.turns[Turn(seat, last)]]
        assert placed(heard, seat) == expected
    assert heard.usage.agent_runs == 3 + plan.extra_calls


async def test_a_claim_that_one_seat_found_is_run_again_for_another(sandboxes: Sandboxes) -> None:
    """A command that holds is heard with its standing, and held against the artifact anew when it is repeated."""
    acts = {"0.0": reject(RUNS), "1.0": accept(), "0.1": reject(RUNS), "1.1": reject() | {"repeat": True}}
    room = Room(sandboxes, acts, seats=2)
    heard = await room.hear()
    (entry,) = placed(heard, 1)["heard"][0]["evidence"]
    assert (entry["pointer"]["command"], entry["standing"]) == (PRINTS, "held")
    (own,) = heard.opinions["s1"].evidence
    assert (own.pointer.command, own.standing) == (PRINTS, Standing.HELD)
    assert not room.panel.decide(heard).accepted


async def test_the_verdict_is_that_of_the_opinions_that_stand(sandboxes: Sandboxes) -> None:
    """Two accept, and are convinced by a third; without talk they would have had the majority."""
    acts = {"0.0": reject(TRUE), "1.0": accept(), "2.0": accept(), "0.1": reject(TRUE)}
    acts |= {"1.1": reject(TRUE), "2.1": reject(TRUE)}
    silent, loud = Room(sandboxes, acts, policy="parallel"), Room(sandboxes, acts)
    before, after = await silent.hear(), await loud.hear()
    assert silent.panel.decide(before).accepted
    assert not loud.panel.decide(after).accepted
    assert before.talks[0]["turns"] == []
    assert before.usage.agent_runs == 3


@pytest.mark.parametrize("policy", ["parallel", "random(0)"])
async def test_an_empty_plan_leaves_the_first_opinions(sandboxes: Sandboxes, policy: str) -> None:
    """Nobody is asked again."""
    acts = {"0.0": accept(), "1.0": reject(), "2.0": accept()}
    heard = await Room(sandboxes, acts, policy=policy).hear()
    plain = await Room(sandboxes, {"alone": accept()}, policy=None).hear()
    assert heard.usage.agent_runs == plain.usage.agent_runs == 3
    assert [opinion.verdict for opinion in heard.opinions.values()] == ["accept", "reject", "accept"]
    assert all(placed(heard, seat)["turn"] == 0 for seat in range(3))


# ------------------------------------------------------------------ who fails, lies or abstains


BAD_TURNS: dict[str, tuple[dict[str, Any], Failure]] = {
    "crash": ({"exit": 3}, Failure.CRASH),
    "garbage": ({"raw": "{"}, Failure.MALFORMED_RESPONSE),
    "megabyte": ({"pad": 1 << 20}, Failure.MALFORMED_RESPONSE),
    "not a number": ({"raw": '{"verdict": "reject", "score": NaN}'}, Failure.MALFORMED_RESPONSE),
    "surrogate": ({"raw": '{"verdict": "reject", "score": 0, "message": "\\ud800"}'}, Failure.MALFORMED_RESPONSE),
    "no verdict": (accept(verdict="perhaps"), Failure.MALFORMED_RESPONSE),
    "abstains": (accept(verdict="abstain"), Failure.ABSTAINED),
}


@pytest.mark.parametrize("case", BAD_TURNS)
async def test_a_seat_that_fails_or_abstains_when_it_is_asked_again_keeps_its_opinion(
    sandboxes: Sandboxes, case: str
) -> None:
    """Its cost is the sum of its turns; the record has the failure."""
    act, failure = BAD_TURNS[case]
    heard = await Room(sandboxes, {"0.0": accept(), "1.0": reject(), "0.1": act, "1.1": act}, seats=2).hear()
    assert turns(heard) == {0: ["failed", failure.value], 1: ["failed", failure.value]}
    assert [opinion.verdict for opinion in heard.opinions.values()] == ["accept", "reject"]
    assert [opinion.failure for opinion in heard.opinions.values()] == [None, None]
    assert [opinion.usage.agent_runs for opinion in heard.opinions.values()] == [2, 2]
    assert heard.usage == sum((opinion.usage for opinion in heard.opinions.values()), Usage())


async def test_an_opinion_that_loses_evidence_is_refused(sandboxes: Sandboxes) -> None:
    """Counted is the share of its pointers that hold; what cannot be checked is none."""
    acts = {
        "0.0": accept(TRUE), "0.1": reject(FALSE),
        "1.0": accept(TRUE), "1.1": reject(CLAIM),
        "2.0": accept(TRUE, FALSE), "2.1": reject(TRUE),
        "3.0": accept(CLAIM), "3.1": reject(FALSE),
        "4.0": accept(TRUE), "4.1": reject(TRUE, TRUE),
    }  # fmt: skip
    heard = await Room(sandboxes, acts, seats=5).hear()
    stands = {seat: became for seat, (became,) in turns(heard).items()}
    assert stands == {0: "refused", 1: "refused", 2: "accepted", 3: "accepted", 4: "accepted"}
    assert [heard.opinions[f"s{k}"].verdict for k in range(5)] == ["accept", "accept", "reject", "reject", "reject"]
    assert [opinion.usage.agent_runs for opinion in heard.opinions.values()] == [2] * 5


def test_evidence_is_the_share_of_what_could_be_checked() -> None:
    """None where nothing could."""

    def opinion(*standings: Standing) -> Opinion:
        evidence = tuple(Evidence(EvidencePointer(claim="c"), standing) for standing in standings)
        return Opinion(Verdict.ACCEPT, 1.0, None, "", Usage(), evidence=evidence)

    yes, no, open_ = Standing.HELD, Standing.NOT_HELD, Standing.UNCHECKED
    assert [held(opinion(*told)) for told in ((), (open_,), (yes, open_), (yes, no), (no,))] == [None, None, 1, 0.5, 0]
    assert keeps_evidence(opinion(), opinion(no))
    assert keeps_evidence(opinion(yes, no), opinion(yes, no, open_))
    assert not keeps_evidence(opinion(no), opinion())


async def test_a_seat_that_failed_at_first_may_answer_when_it_hears_others(sandboxes: Sandboxes) -> None:
    """It is heard as one that abstains."""
    acts = {"0.0": {"exit": 1}, "1.0": reject(), "0.1": reject()}
    heard = await Room(sandboxes, acts, seats=2).hear()
    assert placed(heard, 1)["heard"] == [
        {"seat": 0, "verdict": "abstain", "score": 0.0, "evidence": [], "criteria": {}, "message": None}
    ]
    assert (heard.opinions["s0"].verdict, heard.opinions["s0"].failure) == (Verdict.REJECT, None)
    assert heard.opinions["s0"].usage.agent_runs == 2


@pytest.mark.parametrize("act", [{"exit": 1}, accept(verdict="abstain"), accept()], ids=["fail", "abstain", "agree"])
async def test_panels_of_one_mind_come_to_what_they_would_without_talk(sandboxes: Sandboxes, act: Any) -> None:
    """All fail, all abstain, all say the same."""
    room, plain = Room(sandboxes, {"*": act}), Room(sandboxes, {"*": act}, policy=None)
    assert room.panel.decide(await room.hear()) == plain.panel.decide(await plain.hear())


async def test_one_seat_has_nobody_to_talk_with(sandboxes: Sandboxes) -> None:
    """It is told so."""
    heard = await Room(sandboxes, {}, seats=1).hear()
    assert placed(heard, 0) == {"seat": 0, "seats": 1, "turn": 0, "own": None, "heard": []}
    assert heard.talks[0]["extra_calls"] == 0


async def test_what_is_too_large_is_not_passed_on(sandboxes: Sandboxes) -> None:
    """The verdict is."""
    deep = json.loads("[" * 200 + "]" * 200)
    acts = {
        "0.0": accept(message="x" * MAX_MESSAGE_BYTES),
        "1.0": accept(message=deep),
        "2.0": accept(message={"a": 1}),
    }
    heard = await Room(sandboxes, acts).hear()
    assert {became for (became,) in turns(heard).values()} == {"accepted"}
    assert [told["message"] for told in sorted(placed(heard, 2)["heard"], key=lambda told: told["seat"])] == [
        None,
        None,
    ]
    assert placed(heard, 2)["own"]["message"] == {"a": 1}


async def test_what_fails_outside_the_judges_is_raised(fake_backend: Any) -> None:
    """In the second round as in the first."""

    def behave(sandbox: Any) -> Any:
        if sandbox.request["panel"]["turn"] == 1:
            raise SandboxLostError("gone")
        return sandbox.answer({"verdict": "accept", "score": 1})

    async with Sandboxes(fake_backend(behave), "test", spare=0) as pool:
        with pytest.raises(SandboxLostError, match="gone"):
            await Room(pool, {}).hear()


async def test_each_turn_has_a_name_of_its_own_in_the_record_of_calls(sandboxes: Sandboxes) -> None:
    """The first has the one that it had before panels could talk."""
    lent: list[str] = []

    class Lending:
        place = None

        def lease(self, _: str, scope: str) -> None:
            lent.append(scope)

    room = Room(sandboxes, {}, seats=2, policy="debate(2)")
    judges: dict[str, Judge] = {
        name: RoleJudge(judge.sandboxes, PROFILE, judge.manifest, judge.workspace, "reviewer", Lending(), f"at/{name}")  # type: ignore[attr-defined, arg-type]
        for name, judge in room.judges.items()
    }
    await room.hear(judges=judges)
    assert sorted(lent) == sorted(f"at/s{seat}{part}" for seat in range(2) for part in ("", "/turn/1", "/turn/2"))


# ------------------------------------------------------------------ criteria


async def test_seats_talk_each_time_that_they_are_asked_about_criteria(sandboxes: Sandboxes) -> None:
    """The answers that stand decide, also of a seat that gives no verdict; the cost is that of all turns."""
    criteria = [Criterion(id="first", text="It counts."), Criterion(id="then", text="It sums.", requires=["first"])]
    met, unmet = {"first": "met", "then": "met"}, {"first": "met", "then": "unmet"}
    acts = {
        "0.0": accept(criteria=met),
        "1.0": accept(criteria=unmet),
        "0.1": accept(criteria=unmet, verdict="abstain"),
        "1.1": accept(criteria=unmet),
    }
    room = Room(sandboxes, acts, seats=2, settings={"criteria": criteria})
    heard = await room.hear()
    assert [found.result for found in heard.criteria] == [Fulfilment.MET, Fulfilment.UNMET]
    assert [len(talk["turns"]) for talk in heard.talks] == [2, 2]
    assert turns(heard, 1) == {0: ["accepted"], 1: ["accepted"]}
    assert placed(heard, 1)["heard"][0]["criteria"] == {"then": "met"}
    assert placed(heard, 1)["own"]["criteria"] == {"then": "unmet"}
    assert heard.usage.agent_runs == 8
    assert sum(opinion.usage.agent_runs for opinion in heard.opinions.values()) == 8
    assert room.panel.decide(heard).score == 0.5


def test_answers_to_what_was_not_asked_set_nobody_apart() -> None:
    """Silence on a criterion and an abstention are the same."""
    loud = {"asked": Fulfilment.MET, "made-up": Fulfilment.MET}
    opinions = [
        Opinion(Verdict.ACCEPT, 1.0, None, "", Usage(), criteria=told) for told in (loud, {"asked": Fulfilment.MET})
    ]
    assert draft(opinions[0], ["asked"]).answer == draft(opinions[1], ["asked"]).answer
    assert draft(opinions[0]).answer == draft(opinions[1]).answer == '["accept",{}]'
    abstains = Opinion(Verdict.ACCEPT, 1.0, None, "", Usage(), criteria={"asked": Fulfilment.ABSTAIN})
    silent = Opinion(Verdict.ACCEPT, 1.0, None, "", Usage())
    assert draft(abstains, ["asked"]).answer == draft(silent, ["asked"]).answer


async def test_a_panel_without_seats_talks_to_nobody(sandboxes: Sandboxes) -> None:
    """A task may ask what none of its checks can tell."""
    check = {"kind": "file", "path": "a.txt"}
    room = Room(sandboxes, {}, seats=0, settings={"criteria": [Criterion(id="there", text="It is.", check=check)]})
    case = JudgeCase("t", "i", {}, CASE.artifact, criteria=[Criterion(id="asked", text="It is good.")])
    heard = await room.hear(case, {})
    assert [found.result for found in heard.criteria] == [Fulfilment.MET, Fulfilment.ABSTAIN]
    assert heard.talks == ()


# ------------------------------------------------------------------ installed judges


PLUGIN = """
import math
from rqgm.core.usage import Usage
from rqgm.core.words import Verdict
from rqgm.judging.judge import Opinion
MESSAGES = {"tuple": (1, 2), "nan": math.nan, "set": {1}, "surrogate": "\\ud800", "large": "x" * 70_000, "none": None}
class Judge:
    def __init__(self, kind): self.kind = kind
    def judge(self, case):
        notes = case.place and case.place.model_dump(mode="json")
        return Opinion(Verdict.ACCEPT, 1.0, None, "", Usage(), notes, message=MESSAGES[self.kind])
"""


async def test_an_installed_judge_is_told_where_it_sits_and_may_leave_anything_as_its_message(
    sandboxes: Sandboxes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is JSON is passed on as JSON, all else is not; nobody fails over it."""
    (tmp_path / "talking_judges.py").write_text(PLUGIN)
    info = tmp_path / "talking_judges-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: talking-judges\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[rqgm.judges]\ntalking = talking_judges:Judge\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    kinds = ("tuple", "nan", "set", "surrogate", "large", "none")
    seats = [SeatSpec(name=f"s-{kind}", judge="plugin:talking", config={"kind": kind}) for kind in kinds]
    policy = TalkSpec(policy="debate(1)")
    panel = Panel(PanelSpec(name="p", seats=seats, policy=policy), talk=open_talk(policy, None, "here"))
    judges = {seat.name: open_seat(tmp_path, seat).judge(sandboxes, PROFILE) for seat in seats}
    heard = await panel.ask(judges, CASE, Checks(sandboxes, PROFILE))
    assert {became for (became,) in turns(heard).values()} == {"accepted"}
    place: Any = heard.opinions["s-none"].notes
    assert (place["seat"], place["seats"], place["turn"]) == (5, 6, 1)
    assert {told["seat"]: told["message"] for told in place["heard"]} == {0: [1, 2], 1: None, 2: None, 3: None, 4: None}
    alone = await Panel(PanelSpec(name="p", seats=seats)).ask(judges, CASE, Checks(sandboxes, PROFILE))
    assert alone.opinions["s-none"].notes is None


async def test_a_gate_bounds_the_judges_at_work_in_both_rounds(sandboxes: Sandboxes) -> None:
    """One at a time, and nobody waits for ever."""
    at_work, most = 0, 0

    class Slow:
        async def judge(self, case: JudgeCase) -> Opinion:
            nonlocal at_work, most
            at_work += 1
            most = max(most, at_work)
            await asyncio.sleep(0.01)
            at_work -= 1
            assert case.place is not None
            return Opinion(Verdict.ACCEPT, 1.0, None, "", Usage(agent_runs=1), message=math.pi)

    room = Room(sandboxes, {}, seats=4, policy="debate(2)")
    judges = {f"s{k}": Slow() for k in range(4)}
    heard = await asyncio.wait_for(
        room.panel.ask(judges, CASE, Checks(sandboxes, PROFILE), asyncio.Semaphore(1)), timeout=30
    )
    assert (most, heard.usage.agent_runs) == (1, 12)
