"""Shared fixtures: the shipped fake back-end, which here also remembers what was placed and run."""

from __future__ import annotations

import json
import os
import signal
from typing import TYPE_CHECKING, Any

import pytest

from rqgm.core.trees import File
from rqgm.gateway.providers import NO_LIVE_CALLS
from rqgm.sandbox.protocol import Completed
from rqgm.testing.sandboxes import FakeBackend, FakeSandbox

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from rqgm.core.trees import Tree
    from rqgm.sandbox.profile import Profile

# A shell's background job ignores SIGINT, and so would every command that a test interrupts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# For every test, and for every process that one starts: no call to a model leaves this machine.
os.environ[NO_LIVE_CALLS] = "tests"


class RecordingSandbox(FakeSandbox):
    """A fake sandbox that remembers what it was given."""

    def __init__(self, backend: FakeBackend) -> None:
        super().__init__(backend)
        self.placed: list[tuple[str, list[str], bool]] = []
        self.commands: list[dict[str, Any]] = []

    async def put(self, path: str, tree: Tree, *, writable: bool = False) -> None:
        self.placed.append((path, sorted(tree), writable))
        await super().put(path, tree, writable=writable)

    async def run(self, argv: Sequence[str], *, cwd: str, wall_s: float | None = None, **more: Any) -> Completed:
        self.commands.append({"argv": list(argv), "cwd": cwd, "wall_s": wall_s})
        return await super().run(argv, cwd=cwd, wall_s=wall_s, **more)

    @property
    def request(self) -> dict[str, Any]:
        """What the role was asked."""
        return json.loads(self.files["/rqgm/io/request.json"].data)

    def answer(self, response: object, **completed: Any) -> Completed:
        """Write response.json (data, or raw bytes) and end well, unless `completed` says otherwise."""
        data = response if isinstance(response, bytes) else json.dumps(response).encode()
        self.files["/rqgm/io/response.json"] = File(data)
        return ended(**completed)


def ended(**fields: Any) -> Completed:
    """Return a command's end; exit code 0 by default."""
    return Completed(**{"exit_code": 0, "stdout": b"", "stderr": b"", "wall_s": 0.5, "cpu_s": 0.25, **fields})


class RecordingBackend(FakeBackend):
    """Makes recording sandboxes; every command does what `behave` does to its sandbox."""

    def __init__(self, behave: Callable[[RecordingSandbox], Completed]) -> None:
        super().__init__()
        self.behave = lambda sandbox, _: behave(sandbox)

    async def start(self, profile: Profile, label: str, gateway: Path | None = None) -> RecordingSandbox:
        await super().start(profile, label, gateway)
        self.started[-1] = RecordingSandbox(self)
        self.started[-1].gateway = str(gateway) if gateway else ""
        return self.started[-1]

    @property
    def used(self) -> list[RecordingSandbox]:
        """The sandboxes in which something was run."""
        return [sandbox for sandbox in self.started if sandbox.commands]


@pytest.fixture
def fake_backend() -> type[RecordingBackend]:
    """Return the fake back-end's class: `fake_backend(behave)`."""
    return RecordingBackend


@pytest.fixture
def end_of_command() -> Callable[..., Completed]:
    """Make the end of a command."""
    return ended
