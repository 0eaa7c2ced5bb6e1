"""A finished run in the synthetic world, whose agents write hostile texts; and the run as it is opened, with suites."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from rqgm.archive.run_archive import LOCK_FILE, RunArchive
from rqgm.core.trees import File
from rqgm.core.words import Verdict
from rqgm.evolution.loop import Loop, LoopSettings
from rqgm.evolution.settings import BudgetSettings, EndpointSettings, EpochSettings, RaceSettings, SearchSettings
from rqgm.gateway.calls import Call, Calls
from rqgm.gateway.settings import ModelsSettings
from rqgm.testing.worlds import SyntheticWorker, World, begin

HOSTILE = '\x1b[31m=HYPERLINK("http://x") <script>alert(1)</script>\u202e'
WORLD = World(tasks=8, anchors=16, seats=2, step=0.3, rejected=0.2, lost=0.05, share=0.5, seed=3)
SETTINGS = LoopSettings(
    seed=1,
    search=SearchSettings(lag=4),
    epochs=EpochSettings(first=20, min_anchor=2, race=RaceSettings(target=8)),
    endpoints=EndpointSettings(),
    budget=BudgetSettings(outcomes=160),
    workers=2,
)


class HostileWorker(SyntheticWorker):
    """Its solvers' artifacts are there to be read, and what its agents say is made to break what shows it."""

    async def validate(self, job: Any) -> dict[str, Any]:
        result = await super().validate(job)
        if result["made"]:
            program = File(f"{HOSTILE}\nprint({job.artifact_key!r})\n".encode())
            result["made"]["blob"] = self.archive.blobs.put_tree({"program.py": program, "data.bin": File(b"\x00\xff")})
        return result | {"detail": HOSTILE}

    async def expand(self, job: Any) -> dict[str, Any]:
        return await super().expand(job) | {"tried": f"{HOSTILE} {job.n}", "why": f"=HYPERLINK({HOSTILE})"}


def carry_out(folder: Path, world: World = WORLD, settings: LoopSettings = SETTINGS, stop_after: int = 0) -> None:
    """Run in `folder` to the end, or until so many outcomes are in: then the run is interrupted."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / LOCK_FILE).write_text("{}")
    with RunArchive(folder, writer=True, create=True) as archive:
        begin(archive, world)

        def observe(state: Any, _stage: str) -> None:
            if stop_after and state.spent >= stop_after:
                raise asyncio.CancelledError

        loop = Loop(archive, world.criterion(), settings, HostileWorker(world, archive), observe)
        try:
            asyncio.run(loop.run())
        except asyncio.CancelledError:
            assert stop_after


@pytest.fixture(scope="session")
def finished_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a finished run. Not to be changed."""
    folder = tmp_path_factory.mktemp("synthetic") / "synthetic-run"
    carry_out(folder)
    return folder


@pytest.fixture
def archive(finished_folder: Path) -> Any:
    """The finished run, opened for reading."""
    with RunArchive(finished_folder) as opened:
        yield opened


@pytest.fixture(scope="session")
def unfinished_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run that was interrupted in its second epoch. Not to be changed."""
    folder = tmp_path_factory.mktemp("interrupted") / "interrupted-run"
    carry_out(folder, stop_after=60)
    return folder


@dataclass
class Suite:
    """As much of a suite as an export reads."""

    kind: str
    name: str

    def task(self, name: str) -> Any:
        return SimpleNamespace(instruction=f"Do {name}. {HOSTILE}")

    def item(self, name: str) -> Any:
        return SimpleNamespace(instruction=f"Was {name} done? {HOSTILE}", artifact={"patch": File(HOSTILE.encode())})

    def label(self, name: str) -> Verdict:
        return Verdict.ACCEPT if int(name.rpartition("-")[2]) % 2 == 0 else Verdict.REJECT


@dataclass
class Run:
    """A run as `rqgm.run.session.open_run` opens it, without the files of a real experiment."""

    folder: Path
    archive: RunArchive
    models: ModelsSettings | None = None
    criterion: Any = field(default_factory=WORLD.criterion)

    def __post_init__(self) -> None:
        experiment = SimpleNamespace(seed=1, models=self.models)
        self.lock = SimpleNamespace(run="synthetic", hash="a" * 64, experiment=experiment, sandbox="none")
        self.suites = {"tasks": Suite("solving", "tasks"), "items": Suite("judging", "items")}

    @property
    def state(self) -> Any:
        return self.archive.state


@pytest.fixture
def as_run() -> type[Run]:
    """`as_run(folder, archive)`: an opened archive as a run."""
    return Run


@pytest.fixture
def run(archive: RunArchive) -> Run:
    """The finished run."""
    return Run(archive.folder, archive)


@pytest.fixture
def unfinished(unfinished_folder: Path) -> Any:
    """The interrupted run."""
    with RunArchive(unfinished_folder) as opened:
        yield Run(unfinished_folder, opened)


@pytest.fixture(scope="session")
def with_calls(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder of a run whose first solver job called a model, three times, and that job's scope."""
    folder = tmp_path_factory.mktemp("called") / "called-run"
    carry_out(folder)
    with RunArchive(folder) as opened:
        first = next(e.body for e in opened.ledger.events() if e.kind == "outcome" and e.body["artifact_key"])
    scope = f"work/{first['artifact_key']}"
    calls = Calls(folder)
    ask = {"role": "user", "content": f"repair it {HOSTILE}"}
    use = {"id": "u1", "type": "function", "function": {"name": "bash", "arguments": '{"command": "ls", "cwd": null}'}}
    said = {"role": "assistant", "content": None, "tool_calls": [use]}
    told = {"role": "tool", "tool_call_id": "u1", "content": f"program.py {HOSTILE}"}
    tools = [{"type": "function", "function": {"name": "bash", "parameters": {"type": "object"}}}]
    system = {"role": "system", "content": "You are a programmer."}
    settle(calls, scope, 0, [system, ask], said, tools=tools)
    settle(calls, scope, 1, [system, ask, said, told], {"role": "assistant", "content": "done"})
    settle(calls, scope, 2, [system, ask], {"role": "assistant", "content": ""}, status=429, tokens=(0, 0))
    settle(calls, "check/openai/gpt-4o-mini", 3, [ask], {"role": "assistant", "content": "ok"})
    calls.close()
    return folder, scope


def settle(
    calls: Calls,
    scope: str,
    number: int,
    messages: list[dict[str, Any]],
    answer: dict[str, Any],
    *,
    status: int = 200,
    tokens: tuple[int, int] = (100, 10),
    **more: Any,
) -> None:
    """Record a call that was asked in OpenAI's chat protocol."""
    request = calls.put(json.dumps({"model": "openai/gpt-4o-mini", "messages": messages, **more}).encode())
    response = calls.put(json.dumps({"choices": [{"index": 0, "message": answer}]}).encode())
    counted = {"input": tokens[0], "output": tokens[1], "cached": 40 if tokens[0] else 0}
    counted |= {"cache_write": 0, "cache_write_1h": 0, "reasoning": 0}
    call = Call(
        scope, "coder", 0, "chat", "openai/gpt-4o-mini", f"digest-{number}", request, response, status,
        "application/json", counted, True, 0.25 if status == 200 else 0.0, "gpt-4o-mini-2024", 1, 0.5,
    )  # fmt: skip
    calls.settle(None, replace(call, refused=False))


@pytest.fixture
def called_run(with_calls: tuple[Path, str]) -> Any:
    """The run with recorded calls, and the scope of the job that made them."""
    folder, scope = with_calls
    with RunArchive(folder) as opened:
        yield Run(folder, opened, ModelsSettings(default="openai/gpt-4o-mini")), scope
