"""What a judge points at, looked up or run again."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rqgm.core.hashes import sha256
from rqgm.core.trees import File
from rqgm.core.usage import Usage
from rqgm.core.words import Verdict
from rqgm.judging.criteria import Checks
from rqgm.judging.evidence import MAX_COMMANDS, MAX_FILE_BYTES, RECORDED, Evidence, Standing, check_evidence, recorded
from rqgm.judging.judge import JudgeCase, Opinion, RoleJudge
from rqgm.judging.panel import Panel, PanelSpec, SeatSpec
from rqgm.roles.manifest import parse_manifest
from rqgm.roles.messages import EvidencePointer
from rqgm.sandbox.pool import Sandboxes
from rqgm.sandbox.process import ProcessBackend
from rqgm.sandbox.profile import Profile

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rqgm.sandbox.protocol import Completed

ARTIFACT = {
    "program.py": File(b"def f(x):\r\n    return x + 1\n"),
    "logo.png": File(b"\x89PNG\r\n\xff\xfe end\n"),
    "huge.txt": File(b"x\n" * MAX_FILE_BYTES),
}
TASK = {"visible.json": File(b'{"cases": []}\n')}
HELD, NOT_HELD, UNCHECKED = Standing.HELD, Standing.NOT_HELD, Standing.UNCHECKED


def check(*pointers: EvidencePointer, rerun: Any = None) -> list[Evidence]:
    """Return what became of the pointers."""
    found, _ = asyncio.run(check_evidence([Evidence(pointer) for pointer in pointers], ARTIFACT, TASK, rerun))
    return list(found)


@pytest.mark.parametrize(
    ("pointer", "standing", "reason"),
    [
        ({"file": "program.py", "line": 2, "quote": "return x + 1"}, HELD, ""),
        ({"file": "program.py", "quote": "def f"}, HELD, ""),
        ({"file": "visible.json", "place": "task", "line": 1, "quote": "cases"}, HELD, ""),
        ({"file": "logo.png", "line": 2, "quote": "end"}, HELD, ""),
        ({"file": "program.py", "line": 1, "quote": "return x + 1"}, NOT_HELD, "the line says otherwise"),
        ({"file": "program.py", "quote": "return x\n"}, NOT_HELD, "no line says so"),
        ({"file": "program.py", "line": 3, "quote": "x"}, NOT_HELD, "the file has 2 lines"),
        ({"file": "program.py", "line": 3}, NOT_HELD, "the file has 2 lines"),
        ({"file": "visible.json", "line": 1, "quote": "cases"}, NOT_HELD, "the artifact has no such file"),
        ({"file": "../task/visible.json", "quote": "cases"}, NOT_HELD, "the artifact has no such file"),
        ({"file": "/etc/passwd", "quote": "root"}, NOT_HELD, "the artifact has no such file"),
        ({"file": "program.py", "line": 2}, UNCHECKED, "quotes nothing"),
        ({"file": "huge.txt", "line": 1, "quote": "x"}, UNCHECKED, f"the file is larger than {MAX_FILE_BYTES} bytes"),
        ({"line": 2, "quote": "x"}, UNCHECKED, "names no file and no command"),
        ({}, UNCHECKED, "names no file and no command"),
    ],
)
def test_a_file_pointer_holds_when_the_line_says_so(pointer: dict[str, Any], standing: Standing, reason: str) -> None:
    """Looked up in what the judge was given: no path leads elsewhere, and bytes need not be text."""
    (found,) = check(EvidencePointer(claim="c", **pointer))
    assert (found.standing, found.reason) == (standing, reason)


@given(st.binary(max_size=300), st.integers(1, 12), st.text(min_size=1, max_size=5), st.data())
def test_any_file_can_be_pointed_into(data: bytes, line: int, quote: str, draw: st.DataObject) -> None:
    """Nothing raises; and a piece of a line that is text always holds."""
    artifact = {"a": File(data)}
    pointers = [EvidencePointer(claim="", file="a", line=line, quote=quote)]
    lines = data.splitlines()
    texts = [k for k, one in enumerate(lines) if one.isascii() and one]
    if texts:
        at = draw.draw(st.sampled_from(texts))
        start = draw.draw(st.integers(0, len(lines[at]) - 1))
        pointers.append(EvidencePointer(claim="", file="a", line=at + 1, quote=lines[at][start:].decode()))
    found, _ = asyncio.run(check_evidence([Evidence(one) for one in pointers], artifact, {}, None))
    assert (found[0].standing is HELD) == (line <= len(lines) and quote.encode() in lines[line - 1])
    assert all(one.standing is HELD for one in found[1:])


def command(output: bytes = b"42\n", **more: Any) -> EvidencePointer:
    """Return a pointer at a command that prints `output`."""
    return EvidencePointer(claim="prints", command=["run", "me"], output_sha256=sha256(output), **more)


@pytest.mark.parametrize(
    ("pointer", "end", "standing", "reason"),
    [
        (command(), {"stdout": b"42\n", "stderr": b"a warning"}, HELD, ""),
        (command(exit_code=3), {"stdout": b"42\n", "exit_code": 3}, HELD, ""),
        (command(), {"stdout": b"43\n"}, NOT_HELD, "run again it prints something else"),
        (command(), {"stdout": b"42\n", "exit_code": 1}, NOT_HELD, "run again it ends with 1, not 0"),
        (command(), {"stdout": b"42\n", "timed_out": True}, NOT_HELD, "run again it goes beyond a limit"),
        (command(), {"stdout": b"42\n", "output_truncated": True}, NOT_HELD, "run again it goes beyond a limit"),
        (EvidencePointer(claim="", command=["x"]), {}, UNCHECKED, "has no hash of its output"),
    ],
)
def test_a_command_holds_when_it_prints_the_same_again(
    pointer: EvidencePointer,
    end: dict[str, Any],
    standing: Standing,
    reason: str,
    end_of_command: Callable[..., Completed],
) -> None:
    """Exit code and standard output are compared."""

    async def rerun(argv: Sequence[str]) -> Completed:
        assert list(argv) == pointer.command
        return end_of_command(**end)

    (found,) = check(pointer, rerun=rerun)
    assert (found.standing, found.reason) == (standing, reason)


def test_a_judge_without_a_sandbox_cannot_be_checked_and_too_many_commands_do_not_hold(
    end_of_command: Callable[..., Completed],
) -> None:
    """What is beyond the bound is not run: else a false one could hide there, or cost without end."""
    assert check(command())[0].standing is UNCHECKED
    runs = []

    async def rerun(argv: Sequence[str]) -> Completed:
        runs.append(argv)
        return end_of_command(stdout=b"42\n")

    found = check(*[command()] * (MAX_COMMANDS + 2), rerun=rerun)
    assert [one.standing for one in found] == [HELD] * MAX_COMMANDS + [NOT_HELD] * 2
    assert len(runs) == MAX_COMMANDS


def test_a_record_keeps_what_can_be_told_cleaned_and_bounded() -> None:
    """What does not hold comes first; a bare claim is left out."""
    said = "\x1b[31m" + "x" * 1_900
    given = [
        Evidence(EvidencePointer(claim="only words")),
        *[Evidence(EvidencePointer(claim=said, file="a", quote="q"), HELD, "")] * 50,
        Evidence(EvidencePointer(claim="c", command=["a b", "\x1b" * 900] * 20, output_sha256="0" * 64), NOT_HELD, "r"),
    ]
    kept = recorded(given)
    assert len(kept) == RECORDED
    assert kept[0]["standing"] == "not-held"
    assert kept[0]["command"].startswith("'a b' ")
    assert all(len(str(value)) <= 300 and "\x1b" not in str(value) for one in kept for value in one.values())


SEAT = """
import hashlib, json, os, subprocess
root = os.environ.get("RQGM_ROOT", "") + "/rqgm"
request = json.load(open(f"{root}/io/request.json"))
open(f"{root}/io/left-behind", "w").write("42\\n")
def pointer(argv):
    said = subprocess.run(argv, capture_output=True).stdout
    return {"claim": "it says so", "command": argv, "output_sha256": hashlib.sha256(said).hexdigest()}
evidence = [
    pointer(["python3", "-S", "-c", "print(open('../artifact/program.py').read())"]),
    pointer(["python3", "-S", "-m", "judge.count"]),
    pointer(["python3", "-S", "-c", "print(open('../io/left-behind').read())"]),
    pointer(["python3", "-S", "-c", "import os; print(os.getpid())"]),
]
answer = {"schema_version": 1, "verdict": "accept", "score": 0.9, "evidence": evidence}
json.dump(answer, open(f"{root}/io/response.json", "w"))
"""
COUNT = "import json, os\nroot = os.environ.get('RQGM_ROOT', '') + '/rqgm'\n"
COUNT += "print(len(os.listdir(json.load(open(f'{root}/io/request.json'))['artifact'])))\n"
WORKSPACE = {
    "workspace.toml": File(
        b'schema_version = 1\n[roles.judge]\nkind = "judge"\ncommand = ["python3", "-S", "-m", "judge"]\n'
        b'folders = ["judge"]\n'
    ),
    "judge/__init__.py": File(b""),
    "judge/__main__.py": File(SEAT.encode()),
    "judge/count.py": File(COUNT.encode()),
}
CASE = JudgeCase("t", "Mend it.", TASK, {"program.py": ARTIFACT["program.py"]})


async def test_commands_are_run_again_in_a_clean_sandbox_with_the_same_inputs() -> None:
    """The artifact, the role's folders and the request are there; what the judge left behind, and chance, are not."""
    panel = Panel(PanelSpec(name="p", seats=[SeatSpec(name="one", judge="role:judge")]))
    profile = Profile(name="p", wall_s=30)
    async with Sandboxes(ProcessBackend(), "test", spare=0) as sandboxes:
        judge = RoleJudge(sandboxes, profile, parse_manifest(WORKSPACE), WORKSPACE, "judge")
        heard = await panel.ask({"one": judge}, CASE, Checks(sandboxes, profile))
    opinion = heard.opinions["one"]
    assert [one.standing for one in opinion.evidence] == [HELD, HELD, NOT_HELD, NOT_HELD]
    assert opinion.unsupported()
    assert opinion.usage.agent_runs == 1
    assert heard.usage.cpu_s == opinion.usage.cpu_s > 0


async def test_without_pointers_no_sandbox_is_started(fake_backend: Any) -> None:
    """The plain loop pays nothing."""
    panel = Panel(PanelSpec(name="p", seats=[SeatSpec(name="one", judge="role:judge")]))
    profile = Profile(name="p")
    for evidence, sandboxes_used in (([], 1), ([{"claim": "c", "command": ["x"], "output_sha256": "0" * 64}], 2)):
        answer = {"verdict": "accept", "score": 1, "evidence": evidence}
        backend = fake_backend(lambda sandbox, answer=answer: sandbox.answer(answer))
        async with Sandboxes(backend, "test", spare=0) as sandboxes:
            judge = RoleJudge(sandboxes, profile, parse_manifest(WORKSPACE), WORKSPACE, "judge")
            await panel.ask({"one": judge}, CASE, Checks(sandboxes, profile))
        assert len(backend.used) == sandboxes_used


class Sure:
    """An installed judge that says of its own evidence that it holds."""

    async def judge(self, case: JudgeCase) -> Opinion:
        pointer = EvidencePointer(claim="", file="program.py", line=1, quote="nowhere")
        return Opinion(Verdict.ACCEPT, 1.0, None, "", Usage(), evidence=(Evidence(pointer, HELD, ""),))


@pytest.mark.parametrize(("weight", "score"), [(1.0, 0.5), (0.5, 1 / 3), (0.0, 0.0)])
async def test_what_does_not_hold_is_discounted_as_the_panel_says(weight: float, score: float) -> None:
    """And no judge's own word on its evidence is taken."""

    class Against:
        async def judge(self, case: JudgeCase) -> Opinion:
            return Opinion(Verdict.REJECT, 0.0, None, "", Usage())

    seats = [SeatSpec(name=name, judge="role:judge") for name in ("sure", "against")]
    panel = Panel(PanelSpec(name="p", seats=seats, unsupported_weight=weight))
    checks = Checks(Sandboxes(ProcessBackend(), "test"), Profile(name="p"))
    heard = await panel.ask({"sure": Sure(), "against": Against()}, CASE, checks)
    assert heard.opinions["sure"].evidence[0].standing is NOT_HELD
    assert panel.decide(heard).score == pytest.approx(score)
