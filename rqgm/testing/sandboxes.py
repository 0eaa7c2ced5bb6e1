"""A back-end for tests of what uses sandboxes: nothing runs, everything is counted, failures come as they are told."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from rqgm.core.errors import InfrastructureError
from rqgm.core.trees import TreeLimits, check_tree, select
from rqgm.sandbox.protocol import Completed, Probe

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from rqgm.core.trees import File, Tree
    from rqgm.sandbox.profile import Profile

    Behave = Callable[["FakeSandbox", Sequence[str]], Completed]

DONE = Completed(0, b"", b"", 0.0, 0.0)


class FakeSandbox:
    """Keeps files by absolute path; a command is whatever `behave` does to them."""

    def __init__(self, backend: FakeBackend) -> None:
        self.root = ""
        self.gateway = ""
        self.files: dict[str, File] = {}
        self.closed = 0
        self._backend = backend

    async def put(self, path: str, tree: Tree, *, writable: bool = False) -> None:  # noqa: ARG002  # nothing runs
        """Keep the files."""
        self.files |= {f"{path}/{name}": file for name, file in tree.items()}

    async def run(
        self,
        argv: Sequence[str],
        *,
        cwd: str,  # noqa: ARG002
        env: Mapping[str, str] | None = None,  # noqa: ARG002
        stdin: bytes = b"",  # noqa: ARG002
        wall_s: float | None = None,  # noqa: ARG002
    ) -> Completed:
        """Let `behave` answer."""
        return self._backend.behave(self, argv)

    async def get(
        self,
        path: str,
        names: Sequence[str] | None = None,
        limits: TreeLimits = TreeLimits(),  # noqa: B008  # frozen
    ) -> dict[str, File]:
        """Return kept files."""
        below = {
            name.removeprefix(f"{path}/"): file for name, file in self.files.items() if name.startswith(f"{path}/")
        }
        return dict(check_tree(below if names is None else select(below, names), limits))

    async def close(self) -> None:
        """Count."""
        self.closed += 1


class FakeBackend:
    """Starts fake sandboxes; the next `failures` starts fail, each start takes `start_s`."""

    isolated = True

    def __init__(self, name: str = "fake", *, failures: int = 0, start_s: float = 0.0) -> None:
        self.name = name
        self.failures = failures
        self.start_s = start_s
        self.behave: Behave = lambda _, __: DONE
        self.answer = Probe(usable=True, detail="a fake")
        self.started: list[FakeSandbox] = []
        self.prepared: list[str] = []
        self.reaped: list[str] = []

    async def probe(self) -> Probe:
        """Return `answer`."""
        return self.answer

    async def prepare(self, profile: Profile) -> str:
        """Count, and return the profile's name."""
        self.prepared.append(profile.name)
        return profile.name

    async def start(self, profile: Profile, label: str, gateway: Path | None = None) -> FakeSandbox:  # noqa: ARG002
        """Start one, or fail."""
        await asyncio.sleep(self.start_s)
        if self.failures > 0:
            self.failures -= 1
            raise InfrastructureError("told to fail")
        self.started.append(FakeSandbox(self))
        self.started[-1].gateway = str(gateway) if gateway else ""
        return self.started[-1]

    async def reap(self, label: str) -> int:
        """Count."""
        self.reaped.append(label)
        return 0
