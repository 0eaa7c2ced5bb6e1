"""Seats that do not evolve: judges by path and installed judges."""

from __future__ import annotations

import math
import shutil
import time
from dataclasses import replace
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest

from rqgm.core.errors import ConfigError, SandboxLostError
from rqgm.core.failures import Failure
from rqgm.core.trees import File, read_tree
from rqgm.core.usage import Usage
from rqgm.core.words import Verdict
from rqgm.judging.evidence import Evidence
from rqgm.judging.judge import JudgeCase, Opinion
from rqgm.judging.panel import SeatSpec, load_panel
from rqgm.judging.seats import GuardedJudge, PluginSeat, SandboxedSeat, copy_foreign
from rqgm.roles.messages import EvidencePointer
from rqgm.run.shelves import Shelves
from rqgm.sandbox.pool import Sandboxes
from rqgm.sandbox.process import ProcessBackend
from rqgm.sandbox.profile import Profile

CASE = JudgeCase("task-1", "Mend it.", {"program.py": File(b"bug")}, {"program.py": File(b"fix")})
ROOT = Path(__file__).parents[3]
PANEL = """schema_version = 1
name = "mine"
[[seats]]
name = "one"
judge = "path:seats/one"
"""
SEAT = """schema_version = 1
[roles.judge]
kind = "judge"
command = ["python3", "-m", "judge"]
folders = ["judge"{more}]
"""
CODE = """import json, os, pathlib
root = pathlib.Path(os.environ.get("RQGM_ROOT", "") + "/rqgm")
request = json.loads((root / "io/request.json").read_text())
text = pathlib.Path(request["artifact"], "program.py").read_text()
answer = {"schema_version": 1, "verdict": "accept" if text == "fix" else "reject", "score": 0.75}
(root / "io/response.json").write_text(json.dumps(answer))
"""


def make_panel(folder: Path, code: str = CODE, more: str = "", extra: str = "") -> Path:
    """Write a panel with one seat by path and return its folder."""
    seat = folder / "seats" / "one"
    (seat / "judge").mkdir(parents=True)
    (folder / "panel.toml").write_text(PANEL + extra)
    (seat / "workspace.toml").write_text(SEAT.format(more=more))
    (seat / "judge" / "__main__.py").write_text(code)
    return folder


async def test_a_judge_by_path_is_asked_in_a_sandbox(tmp_path: Path) -> None:
    """Like any other role: request in, response out."""
    panel = load_panel(make_panel(tmp_path))
    seat = panel.fixed["one"]
    assert isinstance(seat, SandboxedSeat)
    assert panel.slots == {}
    async with Sandboxes(ProcessBackend(), "test", spare=0) as sandboxes:
        said = await seat.judge(sandboxes, Profile(name="p", wall_s=20)).judge(CASE)
    assert (said.verdict, said.score, said.failure) == (Verdict.ACCEPT, 0.75, None)


def test_the_panels_hash_covers_the_seats_code(tmp_path: Path) -> None:
    """A changed judge is another criterion; a changed README is not."""
    first = load_panel(make_panel(tmp_path / "a")).hash
    again = make_panel(tmp_path / "b")
    (again / "README.md").write_text("words")
    assert load_panel(again).hash == first
    assert load_panel(make_panel(tmp_path / "c", code=CODE.replace("0.75", "0.7"))).hash != first


def test_an_installed_package_is_shown_to_a_seat_and_copied_for_the_run(tmp_path: Path) -> None:
    """Pure Python only; the run's own copy wins over what is installed later."""
    folder = make_panel(tmp_path / "p", more=', "tomlkit_like"', extra='packages = ["hypothesis_jsonschema_absent"]\n')
    with pytest.raises(ConfigError, match="not an installed package"):
        load_panel(folder)
    folder = make_panel(tmp_path / "q", more=', "iniconfig"', extra='packages = ["iniconfig"]\n')
    panel = load_panel(folder)
    tree = panel.fixed["one"].tree  # type: ignore[attr-defined]
    assert "iniconfig/__init__.py" in tree
    own = tmp_path / "own"
    copy_foreign(panel.spec.seats, folder, own, Shelves(None).workspace)
    assert (own / "packages" / "iniconfig" / "__init__.py").is_file()
    (own / "panel.toml").write_text((folder / "panel.toml").read_text())
    (own / "seats").symlink_to(folder / "seats")
    assert load_panel(own).hash == panel.hash
    (own / "packages" / "iniconfig" / "__init__.py").write_text("# altered")
    assert load_panel(own).hash != panel.hash


def test_a_package_with_compiled_parts_is_refused(tmp_path: Path) -> None:
    """It would not run on the sandbox's Python."""
    folder = make_panel(tmp_path, more=', "pydantic_core"', extra='packages = ["pydantic_core"]\n')
    with pytest.raises(ConfigError, match="compiled parts"):
        load_panel(folder)


@pytest.mark.parametrize(
    ("manifest", "message"),
    [
        (SEAT.format(more="").replace('"judge"\ncommand', '"solver"\ncommand'), "has no judge role"),
        (SEAT.format(more="") + '[roles.other]\nkind = "judge"\ncommand = ["a"]\nfolders = ["judge"]\n', "write which"),
        ("nonsense = [", "workspace.toml"),
    ],
)
def test_a_seat_that_is_no_judge_is_refused(tmp_path: Path, manifest: str, message: str) -> None:
    """With the file in the message."""
    folder = make_panel(tmp_path)
    (folder / "seats" / "one" / "workspace.toml").write_text(manifest)
    with pytest.raises(ConfigError, match=message):
        load_panel(folder)


class Inner:
    """An installed judge that does as it is told."""

    def __init__(self, does: Any = None) -> None:
        self.does = does

    def judge(self, case: JudgeCase) -> Any:
        """Return, raise or dawdle."""
        return self.does(case) if callable(self.does) else self.does


def opinion(verdict: Any = Verdict.ACCEPT, score: Any = 1.0) -> Opinion:
    """Return an opinion, also an impossible one."""
    return Opinion(verdict, score, None, "", Usage())


@pytest.mark.parametrize("score", [math.nan, math.inf, -0.1, 1.1, "1", None, True])
async def test_a_score_out_of_range_abstains(score: Any) -> None:
    """Never an acceptance by accident."""
    said = await GuardedJudge(Inner(opinion(score=score)), 5).judge(CASE)
    assert (said.verdict, said.failure) == (Verdict.ABSTAIN, Failure.MALFORMED_RESPONSE)


@pytest.mark.parametrize(
    "answer",
    [
        None,
        "accept",
        opinion(verdict="accept!"),
        {"verdict": "accept", "score": 1},
        replace(opinion(), evidence=[{"claim": "c"}]),
        replace(opinion(), evidence=({"claim": "c"},)),
        replace(opinion(), evidence=(Evidence("here"),)),
        replace(opinion(), evidence=(Evidence(EvidencePointer(claim="c")),) * 101),
        replace(opinion(), criteria=None),
        replace(opinion(), criteria={"a": "met!"}),
    ],
)
async def test_an_answer_that_is_no_opinion_abstains(answer: Any) -> None:
    """The type is checked, not guessed."""
    said = await GuardedJudge(Inner(answer), 5).judge(CASE)
    assert (said.verdict, said.failure) == (Verdict.ABSTAIN, Failure.MALFORMED_RESPONSE)


async def test_a_judge_that_raises_or_dawdles_abstains_with_the_reason() -> None:
    """The reason is cleaned of control characters; infrastructure failures are raised, not scored."""

    def broken(_: JudgeCase) -> None:
        raise ValueError("no \x1b[31midea")

    said = await GuardedJudge(Inner(broken), 5).judge(CASE)
    assert (said.verdict, said.failure) == (Verdict.ABSTAIN, Failure.CRASH)
    assert "ValueError" in said.detail
    assert "\x1b" not in said.detail
    late = await GuardedJudge(Inner(lambda _: time.sleep(0.3)), 0.05).judge(CASE)
    assert (late.verdict, late.failure) == (Verdict.ABSTAIN, Failure.TIMEOUT)

    def lost(_: JudgeCase) -> None:
        raise SandboxLostError("gone")

    with pytest.raises(SandboxLostError):
        await GuardedJudge(Inner(lost), 5).judge(CASE)


async def test_plain_and_coroutine_judges_are_both_asked() -> None:
    """What a plug-in's author likes better."""

    class Later:
        async def judge(self, case: JudgeCase) -> Opinion:
            return opinion(score=0.5)

    assert (await GuardedJudge(Later(), 5).judge(CASE)).score == 0.5
    assert (await GuardedJudge(Inner(opinion()), 5).judge(CASE)).verdict is Verdict.ACCEPT


def test_an_installed_judge_is_known_by_version_and_config() -> None:
    """And one that cannot be made says so."""
    entry = EntryPoint("x", "tests.nowhere:Judge", "rqgm.judges")
    assert PluginSeat(entry, {}).hash != PluginSeat(entry, {"strict": True}).hash
    with pytest.raises(ConfigError, match="cannot be made"):
        PluginSeat(entry, {}).judge(None, Profile(name="p"))  # type: ignore[arg-type]


def test_a_seat_names_one_of_several_judges(tmp_path: Path) -> None:
    """After the number sign; an unknown one is answered with those that there are."""
    folder = make_panel(tmp_path)
    manifest = folder / "seats" / "one" / "workspace.toml"
    manifest.write_text(SEAT.format(more="") + '[roles.other]\nkind = "judge"\ncommand = ["a"]\nfolders = ["judge"]\n')
    (folder / "panel.toml").write_text(PANEL.replace("seats/one", "seats/one#judge"))
    assert load_panel(folder).fixed["one"].role == "judge"  # type: ignore[attr-defined]
    (folder / "panel.toml").write_text(PANEL.replace("seats/one", "seats/one#jugde"))
    with pytest.raises(ConfigError, match="judge"):
        load_panel(folder)


async def test_a_rubric_sits_in_a_seat() -> None:
    """The shipped one, on an artifact of its kind; on another kind of task it abstains."""
    seat = load_panel(ROOT / "judges" / "code-review", Shelves(None).workspace).fixed["rubric"]
    cases = b'{"program": "program.py", "cases": [{"input": {"call": "double", "args": [2]}, "expected": 4}]}'
    task = {"program.py": File(b"def double(x):\n    return x + 1\n"), "visible.json": File(cases)}
    case = JudgeCase("t", "Mend it.", task, {"program.py": File(b"def double(x):\n    return x * 2\n")})
    async with Sandboxes(ProcessBackend(), "test", spare=0) as sandboxes:
        judge = seat.judge(sandboxes, Profile(name="p", wall_s=20))
        said = await judge.judge(case)
        other = await judge.judge(JudgeCase("t", "Sing.", {"song.txt": File(b"la")}, {"song.txt": File(b"lala")}))
        idle = await judge.judge(JudgeCase("t", "Mend it.", task, {"program.py": task["program.py"]}))
    assert said.verdict in (Verdict.ACCEPT, Verdict.REJECT)
    assert 0 <= said.score <= 1
    assert said.verdict is (Verdict.ACCEPT if said.score >= seat.rubric.threshold else Verdict.REJECT)  # type: ignore[attr-defined]
    assert (other.verdict, other.failure) == (Verdict.ABSTAIN, Failure.ABSTAINED)
    assert (idle.verdict, idle.score) == (Verdict.REJECT, 0.0)  # it leaves the program as it was


def lender(folder: Path) -> Any:
    """Make a workspace to borrow from, and return the finder that knows it."""
    (folder / "shared").mkdir(parents=True)
    (folder / "shared" / "words.py").write_text("ANSWER = 'accept'\n")
    (folder / "private.py").write_text("")
    return lambda name: read_tree({"seeds/lender": folder}[name])


def test_a_seat_borrows_from_a_workspace_and_a_run_keeps_its_own_copy(tmp_path: Path) -> None:
    """What it sees is hashed; the lender's later edits reach the next run only."""
    find = lender(tmp_path / "lender")
    folder = make_panel(tmp_path / "p", more=', "shared"', extra='borrows = ["seeds/lender:shared"]\n')
    panel = load_panel(folder, find)
    seat = panel.fixed["one"]
    assert isinstance(seat, SandboxedSeat)
    assert sorted(seat.tree) == ["judge/__main__.py", "shared/words.py", "workspace.toml"]
    own = tmp_path / "own"
    shutil.copytree(folder, own)
    copy_foreign(panel.spec.seats, folder, own, find)
    (tmp_path / "lender" / "shared" / "words.py").write_text("ANSWER = 'reject'\n")
    assert load_panel(own).hash == panel.hash
    assert load_panel(folder, find).hash != panel.hash


@pytest.mark.parametrize(
    ("borrows", "message"),
    [
        ("seeds/lender:nothing", "has nothing at 'nothing'"),
        ("seeds/lender:../lender", "has nothing at"),
        ("seeds/lender:shared", "judge has a shared/words.py of its own"),
        ("seeds/lender", "borrows"),
    ],
)
def test_what_cannot_be_borrowed_is_refused(tmp_path: Path, borrows: str, message: str) -> None:
    """With the seat in the message."""
    find = lender(tmp_path / "lender")
    folder = make_panel(tmp_path / "p", extra=f'borrows = ["{borrows}"]\n')
    (folder / "seats" / "one" / "shared").mkdir()
    (folder / "seats" / "one" / "shared" / "words.py").write_text("")
    with pytest.raises(ConfigError, match=r"panel\.toml: seats"):
        load_panel(folder, find)
    with pytest.raises(ConfigError) as caught:
        load_panel(folder, find)
    assert message.replace("judge has", "seats/one has") in str(caught.value)


def test_borrowing_needs_shelves_and_a_judge_by_path(tmp_path: Path) -> None:
    """Nothing is looked up from nowhere."""
    folder = make_panel(tmp_path / "p", extra='borrows = ["seeds/lender:shared"]\n')
    with pytest.raises(ConfigError, match="looked up on the shelves"):
        load_panel(folder)
    with pytest.raises(ValueError, match="borrows go with a judge by path"):
        SeatSpec(name="one", judge="role:reviewer", borrows=["a:b"])


def test_the_shipped_panels_load() -> None:
    """With what they borrow."""
    shelves = Shelves(None)
    for name in ("code-review", "majority-vote", "review"):
        panel = load_panel(shelves.find("panel", name).path, shelves.workspace)
        assert panel.name == name
