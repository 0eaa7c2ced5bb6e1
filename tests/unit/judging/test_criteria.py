"""Criteria: executed, asked or propagated, and weighed."""

from __future__ import annotations

import asyncio
import gzip
import io
import subprocess
import sys
import zipfile
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from rqgm.core.criteria import Check, Criterion, propagate
from rqgm.core.errors import ConfigError
from rqgm.core.failures import Failure
from rqgm.core.trees import File
from rqgm.core.usage import Usage
from rqgm.core.words import Fulfilment, Verdict
from rqgm.judging import inspect_file
from rqgm.judging.criteria import Checks, CriterionFinding, settle, share_met
from rqgm.judging.evidence import Evidence
from rqgm.judging.judge import JudgeCase, Opinion, RoleJudge
from rqgm.judging.panel import Hearing, Panel, PanelSpec, SeatSpec
from rqgm.roles.manifest import parse_manifest
from rqgm.roles.messages import EvidencePointer
from rqgm.sandbox.pool import Sandboxes
from rqgm.sandbox.process import ProcessBackend
from rqgm.sandbox.profile import Profile

MET, UNMET, ABSTAIN = Fulfilment.MET, Fulfilment.UNMET, Fulfilment.ABSTAIN
FILE = {"kind": "file", "path": "a"}


def criterion(name: str, requires: list[str] | None = None, check: Any = None, weight: float = 1.0) -> Criterion:
    """Return a criterion; `check` is a table."""
    return Criterion(id=name, text=f"It is {name}.", requires=requires or [], check=check, weight=weight)


@st.composite
def worlds(draw: st.DrawFn) -> tuple[list[Criterion], dict[str, Fulfilment]]:
    """Draw criteria in any order, some with checks, and what would come of each by itself."""
    count = draw(st.integers(1, 8))
    made = []
    for k in range(count):
        requires = [f"c{j}" for j in range(k) if draw(st.booleans())]
        made.append(criterion(f"c{k}", requires, FILE if draw(st.booleans()) else None))
    alone = {one.id: draw(st.sampled_from([MET, UNMET] if one.check else [MET, UNMET, ABSTAIN])) for one in made}
    return list(draw(st.permutations(made))), alone


@given(worlds())
def test_prerequisites_come_first_and_unmet_ones_propagate(
    world: tuple[list[Criterion], dict[str, Fulfilment]],
) -> None:
    """Each criterion is executed or asked at most once, and only when nothing that it requires is unmet."""
    criteria, alone = world
    by_id = {one.id: one for one in criteria}
    done: list[str] = []
    rounds: list[list[str]] = []

    async def check(one: Criterion) -> CriterionFinding:
        assert one.check is not None
        assert set(one.requires) <= set(done)
        done.append(one.id)
        return CriterionFinding(one.id, alone[one.id], "check")

    async def ask(asked: list[Criterion]) -> list[CriterionFinding]:
        assert all(one.check is None and set(one.requires) <= set(done) for one in asked)
        rounds.append([one.id for one in asked])
        done.extend(rounds[-1])
        return [CriterionFinding(one.id, alone[one.id], "seats") for one in asked]

    found = {one.id: one for one in asyncio.run(settle(criteria, check, ask))}
    assert list(found) == [one.id for one in criteria]
    assert len(set(done)) == len(done)
    requires = {one.id: tuple(one.requires) for one in criteria}
    assert {name: one.result for name, one in found.items()} == propagate(alone, requires, "here")
    for name, one in found.items():
        assert (one.by == "prerequisite") == (name not in done)
        if one.by == "prerequisite":
            assert found[one.source].result is UNMET
            assert found[one.source].by != "prerequisite"
            assert one.reason == f"propagated from {one.source}"
        else:
            assert not any(found[other].result is UNMET for other in by_id[name].requires)


async def test_what_can_be_asked_together_is_asked_together() -> None:
    """Checks first, so that two chains of one check and one question are one round."""
    rounds: list[list[str]] = []

    async def check(one: Criterion) -> CriterionFinding:
        return CriterionFinding(one.id, MET, "check")

    async def ask(asked: list[Criterion]) -> list[CriterionFinding]:
        rounds.append(sorted(one.id for one in asked))
        return [CriterionFinding(one.id, MET, "seats") for one in asked]

    criteria = [
        criterion("first"),
        criterion("checked", None, FILE),
        criterion("checked-too", ["checked"], FILE),
        criterion("after", ["checked-too"]),
        criterion("last", ["after"]),
    ]
    await settle(criteria, check, ask)
    assert rounds == [["after", "first"], ["last"]]


def test_the_score_is_the_weight_of_what_is_met() -> None:
    """What nobody could tell is not met."""
    findings = [
        CriterionFinding("a", MET, "check", weight=3),
        CriterionFinding("b", UNMET, "check", weight=1),
        CriterionFinding("c", ABSTAIN, "seats", weight=1),
    ]
    assert share_met(findings) == pytest.approx(0.6)
    panel = Panel(PanelSpec(name="p", threshold=0.6, criteria=[criterion("a", None, FILE)]))
    assert panel.decide(Hearing({}, tuple(findings), Usage())).accepted


def zipped() -> bytes:
    """Return a real zip file."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as file:
        file.writestr("a", "b")
    return data.getvalue()


PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40 + b"\0\0\0\0IEND\xaeB`\x82"
ARTIFACT = {
    "a.py": File(
        b"class A:\n    async def run(self): ...\n    class B:\n        x = 1\ndef f(): ...\nif 1:\n    def g(): ...\n"
    ),
    "bad.py": File(b"def f(:\n"),
    "a.json": File(b'\xef\xbb\xbf{"a": 1}'),
    "nan.json": File(b'{"a": NaN}'),
    "deep.json": File(b"[" * 100_000),
    "a.toml": File(b"[a]\nb = 1\n"),
    "a.csv": File(b'a,b\n"1\n2",3\n\n'),
    "ragged.csv": File(b"a,b\n1\n"),
    "empty": File(b""),
    "a.png": File(PNG),
    "cut.png": File(PNG[:-6]),
    "a.zip": File(zipped()),
    "a.gz": File(gzip.compress(b"x")),
}
CASE = JudgeCase("t", "Do it.", {"says.py": File(b"from a import f\nprint('ok')\n"), "bad.py": File(b"")}, ARTIFACT)


@pytest.mark.parametrize(
    ("check", "wrong"),
    [
        ({"kind": "file", "path": "a.py"}, ""),
        ({"kind": "file", "path": "says.py"}, "the artifact has no says.py"),
        ({"kind": "file", "path": "empty"}, "0 bytes, wanted 1"),
        ({"kind": "file", "path": "empty", "min_bytes": 0}, ""),
        ({"kind": "format", "path": "a.png", "format": "png"}, ""),
        ({"kind": "format", "path": "cut.png", "format": "png"}, "does not end as png does: it was cut short"),
        ({"kind": "format", "path": "a.py", "format": "png"}, "does not begin as png does"),
        ({"kind": "format", "path": "a.zip", "format": "zip"}, ""),
        ({"kind": "format", "path": "a.gz", "format": "gzip"}, ""),
        ({"kind": "format", "path": "a.py", "format": "python"}, ""),
        ({"kind": "format", "path": "bad.py", "format": "python"}, "is not python: SyntaxError"),
        ({"kind": "defines", "path": "a.py", "name": "A.B"}, ""),
        ({"kind": "defines", "path": "a.py", "name": "A.walk"}, "does not define A.walk"),
        ({"kind": "command", "argv": ["python3", "-S", "says.py"]}, ""),
        ({"kind": "command", "argv": ["python3", "-S", "says.py"], "prints": "ok"}, ""),
        (
            {"kind": "command", "argv": ["python3", "-S", "says.py"], "prints": "OK"},
            "the command did not print what was wanted",
        ),
        (
            {"kind": "command", "argv": ["python3", "-S", "bad.py"]},
            "the command ended with 1, wanted 0: SyntaxError: invalid syntax",
        ),
        ({"kind": "command", "argv": ["python3", "-S", "-c", "while True: pass"], "wall_s": 0.3}, "beyond a limit"),
        ({"kind": "command", "argv": ["no-such-program"]}, "the command ended with 127"),
    ],
    ids=str,
)
async def test_a_check_says_what_is_wrong(check: dict[str, Any], wrong: str) -> None:
    """In a real sandbox where something is parsed or run; the artifact's files lie over the task's."""
    async with Sandboxes(ProcessBackend(), "test", spare=0) as sandboxes:
        checks = Checks(sandboxes, Profile(name="p", wall_s=30))
        found, _ = await checks.run(criterion("c", None, check), CASE)
    assert found.result is (UNMET if wrong else MET)
    assert wrong in found.reason
    assert bool(wrong) == bool(found.reason)


@pytest.mark.parametrize(
    ("path", "wanted", "name", "wrong"),
    [
        ("a.json", "json", "", ""),
        ("nan.json", "json", "", "is not json: ValueError"),
        ("deep.json", "json", "", "is not json: RecursionError"),
        ("a.png", "json", "", "is not json: UnicodeDecodeError"),
        ("a.toml", "toml", "", ""),
        ("a.json", "toml", "", "is not toml: TOMLDecodeError"),
        ("a.csv", "csv", "", ""),
        ("ragged.csv", "csv", "", "row 2 has 1 cells, the first 2"),
        ("empty", "csv", "", "has no row"),
        ("empty", "python", "", ""),
        ("a.py", "python", "f", ""),
        ("a.py", "python", "A.run", ""),
        ("a.py", "python", "A.B.x", "does not define A.B.x"),
        ("a.py", "python", "g", "does not define g"),
        ("a.py", "python", "f.f", "does not define f.f"),
    ],
)
def test_the_inspector_reads_files(path: str, wanted: str, name: str, wrong: str) -> None:
    """Definitions count where they stand in the module or in a class, not under a condition."""
    assert inspect_file.inspect(ARTIFACT[path].data, wanted, name) == wrong


@given(st.binary(max_size=400), st.sampled_from(["python", "json", "toml", "csv"]))
def test_the_inspector_says_something_of_any_bytes(data: bytes, wanted: str) -> None:
    """Nothing raises."""
    assert isinstance(inspect_file.inspect(data, wanted), str)


def test_the_inspector_is_a_script(tmp_path: Any) -> None:
    """It needs nothing of ours."""
    (tmp_path / "x.json").write_text("{")
    argv = [sys.executable, "-I", "-S", inspect_file.__file__, str(tmp_path / "x.json"), "json"]
    done = subprocess.run(argv, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (1, "is not json: JSONDecodeError\n")


class Seat:
    """A judge that answers criteria as it is told, and remembers what it was asked."""

    def __init__(self, **answers: Fulfilment) -> None:
        self.answers = answers
        self.asked: list[list[str]] = []

    async def judge(self, case: JudgeCase) -> Opinion:
        self.asked.append([one.id for one in case.criteria])
        said = {one.id: self.answers[one.id] for one in case.criteria if one.id in self.answers}
        return Opinion(Verdict.ACCEPT, 1.0, None, "", Usage(agent_runs=1), criteria=said)


async def hear(panel: Panel, judges: dict[str, Any], case: JudgeCase = CASE) -> Hearing:
    """Ask a panel whose criteria need no sandbox."""
    return await panel.ask(judges, case, Checks(Sandboxes(ProcessBackend(), "test"), Profile(name="p")))


def panel_of(*criteria: Criterion, **more: Any) -> Panel:
    """Return a panel of three seats with criteria."""
    seats = [SeatSpec(name=name, judge="role:judge") for name in ("one", "two", "three")]
    return Panel(PanelSpec(name="p", seats=seats, criteria=list(criteria), **more))


async def test_only_what_has_no_check_and_can_still_be_met_is_asked() -> None:
    """By majority of those who answer; the record names who said what, and why the rest is unmet."""
    panel = panel_of(
        criterion("there", None, {"kind": "file", "path": "a.py"}),
        criterion("missing", None, {"kind": "file", "path": "b.py"}),
        criterion("tidy", ["there"]),
        criterion("tested", ["missing", "there"]),
        criterion("documented", ["tested"]),
        criterion("silent", ["there"]),
        threshold=0.3,
    )
    judges = {"one": Seat(tidy=MET), "two": Seat(tidy=MET), "three": Seat(tidy=UNMET, tested=MET)}
    heard = await hear(panel, judges)
    assert judges["one"].asked == [["tidy", "silent"]]
    assert [(one.id, one.result, one.by, one.reason) for one in heard.criteria] == [
        ("there", MET, "check", ""),
        ("missing", UNMET, "check", "the artifact has no b.py"),
        ("tidy", MET, "seats", ""),
        ("tested", UNMET, "prerequisite", "propagated from missing"),
        ("documented", UNMET, "prerequisite", "propagated from missing"),
        ("silent", ABSTAIN, "seats", ""),
    ]
    assert heard.criteria[2].to_json()["said"] == {"one": "met", "two": "met", "three": "unmet"}
    assert heard.usage.agent_runs == 3
    verdict = panel.decide(heard)
    assert (verdict.score, verdict.accepted) == (pytest.approx(2 / 6), True)


async def test_a_chain_of_questions_is_asked_in_rounds_and_the_opinions_are_joined() -> None:
    """The cost of all rounds is counted, and every answer kept."""
    panel = panel_of(criterion("a"), criterion("b", ["a"]), criterion("c", ["b"]))
    judges = {name: Seat(a=MET, b=UNMET, c=MET) for name in ("one", "two", "three")}
    heard = await hear(panel, judges)
    assert judges["one"].asked == [["a"], ["b"]]
    assert [one.result for one in heard.criteria] == [MET, UNMET, UNMET]
    assert heard.opinions["one"].criteria == {"a": MET, "b": UNMET}
    assert heard.usage.agent_runs == 6


async def test_seats_that_have_nothing_left_to_answer_are_not_asked() -> None:
    """Their opinion says so; the verdict comes of the criteria."""
    panel = panel_of(criterion("missing", None, {"kind": "file", "path": "b.py"}), criterion("good", ["missing"]))
    judges = {name: Seat() for name in ("one", "two", "three")}
    heard = await hear(panel, judges)
    assert judges["one"].asked == []
    assert (heard.opinions["one"].verdict, heard.opinions["one"].failure) == (Verdict.ABSTAIN, Failure.ABSTAINED)
    assert not panel.decide(heard).accepted


async def test_a_tasks_own_criteria_are_added_to_the_panels() -> None:
    """One id in both is refused."""
    panel = panel_of()
    case = JudgeCase("t", "", {}, ARTIFACT, criteria=(criterion("own"),))
    heard = await hear(panel, {"one": Seat(own=MET), "two": Seat(), "three": Seat()}, case)
    assert [(one.id, one.result) for one in heard.criteria] == [("own", MET)]
    assert panel.decide(heard).accepted
    with pytest.raises(ConfigError, match=r"panel p, task t: .* two criteria have the id 'own'"):
        await hear(panel_of(criterion("own")), {}, case)


@pytest.mark.parametrize(("weight", "result"), [(1.0, MET), (0.0, UNMET)])
async def test_an_answer_whose_evidence_does_not_hold_is_discounted(weight: float, result: Fulfilment) -> None:
    """Of that criterion only."""

    class Wrong(Seat):
        async def judge(self, case: JudgeCase) -> Opinion:
            pointer = EvidencePointer(claim="", criterion="a", file="a.py", quote="nowhere")
            return replace(await super().judge(case), evidence=(Evidence(pointer),))

    panel = panel_of(criterion("a"), criterion("b"), unsupported_weight=weight)
    judges = {"one": Wrong(a=MET, b=MET), "two": Seat(a=UNMET, b=UNMET), "three": Seat()}
    heard = await hear(panel, judges)
    assert [one.result for one in heard.criteria] == [result, MET]


JUDGE = """
import json, os
root = os.environ.get("RQGM_ROOT", "") + "/rqgm/io"
request = json.load(open(f"{root}/request.json"))
answer = {"schema_version": 1, "verdict": "accept", "score": 1, "criteria": {}}
for one in request["criteria"]:
    answer["criteria"][one["id"]] = "met" if "short" in one["text"] else "unmet"
json.dump(answer, open(f"{root}/response.json", "w"))
"""


async def test_a_role_is_asked_by_its_request() -> None:
    """With ids and texts; it answers by id."""
    tree = {
        "workspace.toml": File(
            b'schema_version = 1\n[roles.judge]\nkind = "judge"\ncommand = ["python3", "-S", "-m", "judge"]\n'
            b'folders = ["judge"]\n'
        ),
        "judge/__main__.py": File(JUDGE.encode()),
    }
    seats = [SeatSpec(name="one", judge="role:judge")]
    asked = [Criterion(id="a", text="It is short."), Criterion(id="b", text="It is long.")]
    panel = Panel(PanelSpec(name="p", seats=seats, criteria=asked, threshold=0.5))
    async with Sandboxes(ProcessBackend(), "test", spare=0) as sandboxes:
        profile = Profile(name="p", wall_s=30)
        judge = RoleJudge(sandboxes, profile, parse_manifest(tree), tree, "judge")
        heard = await panel.ask({"one": judge}, CASE, Checks(sandboxes, profile))
    assert [one.result for one in heard.criteria] == [MET, UNMET]
    assert panel.decide(heard).accepted


def test_every_kind_of_check_is_data() -> None:
    """A round trip by JSON, as a lock or an items file keeps it."""
    adapter: TypeAdapter[Any] = TypeAdapter(Check)
    for table in (FILE, {"kind": "defines", "path": "a", "name": "A.b"}, {"kind": "command", "argv": ["true"]}):
        check = adapter.validate_python(table)
        assert adapter.validate_json(adapter.dump_json(check)) == check
