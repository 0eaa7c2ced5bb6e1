"""The Sandbox protocol: what a back-end must offer; the conformance kit in `rqgm.testing` says what it must keep.

A sandbox is used for one job and thrown away. Paths handed to it are absolute paths *inside* ("/rqgm/io"). A back-end
that cannot mount puts a folder in front: `Sandbox.root` is then that folder, else "". Commands are given paths by
`inside`, and get the prefix as RQGM_ROOT.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from rqgm.core.trees import TreeLimits

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from rqgm.core.trees import File, Tree
    from rqgm.sandbox.profile import Profile


@dataclass(frozen=True, slots=True)
class Completed:
    """What a command in a sandbox came to. After `Sandbox.run` returns, nothing that it started is alive."""

    exit_code: int
    """0–255; 128 + signal number when killed."""
    stdout: bytes
    stderr: bytes
    wall_s: float
    cpu_s: float
    timed_out: bool = False
    out_of_memory: bool = False
    output_truncated: bool = False
    """The command wrote more than `Profile.output_bytes` and was killed for it; what was kept is the beginning."""


@dataclass(frozen=True, slots=True)
class Probe:
    """Whether a back-end works here, and if not, why and what to do."""

    usable: bool
    detail: str
    remedy: str = ""


@runtime_checkable
class Sandbox(Protocol):
    """One clean place to run hostile code in. Every method may raise SandboxLostError."""

    root: str
    gateway: str
    """The folder with the gateway's socket as a command finds it, "" where the sandbox was given none."""

    async def put(self, path: str, tree: Tree, *, writable: bool = False) -> None:
        """Place a tree at `path` before anything runs. Unless `writable`, nothing run inside can change it."""

    async def run(
        self,
        argv: Sequence[str],
        *,
        cwd: str,
        env: Mapping[str, str] | None = None,
        stdin: bytes = b"",
        wall_s: float | None = None,
    ) -> Completed:
        """Run one command under the profile's limits, as a user that is not root.

        The environment is the profile's, then `env`, and RQGM_ROOT; nothing of the host's. `wall_s` can only shorten
        the profile's limit. When it returns, every process that the command left behind has been killed.
        """

    async def get(
        self,
        path: str,
        names: Sequence[str] | None = None,
        limits: TreeLimits = TreeLimits(),  # noqa: B008  # frozen
    ) -> dict[str, File]:
        """Copy files out of the folder `path`: all of it, or just `names` (files or folders; absent ones are left out).

        Raises ArtifactError on a link, a device, a hard link, a bad path, or more than `limits` allows.
        """

    async def close(self) -> None:
        """Kill everything and remove the sandbox; never raises, may be called twice."""


class Backend(Protocol):
    """A way to make sandboxes: `docker`, `bubblewrap`, `process`, or a plug-in (entry point `rqgm.sandboxes`)."""

    name: str
    isolated: bool
    """Whether it keeps hostile code away from the host; `process` does not."""

    async def probe(self) -> Probe:
        """Tell whether the back-end works on this machine, by trying, not by looking."""

    async def prepare(self, profile: Profile) -> str:
        """Make `profile` ready (build its image if missing) and return a digest of what will run."""

    async def start(self, profile: Profile, label: str, gateway: Path | None = None) -> Sandbox:
        """Start one clean sandbox that carries the run's `label`. Raises InfrastructureError.

        `gateway` is a folder of the host that commands in it find, read-only, at ``/run/rqgm``: it holds the one socket
        that leads out.
        """

    async def reap(self, label: str) -> int:
        """Remove what an earlier process of this run left behind; return how many sandboxes."""


def inside(sandbox: Sandbox, path: str) -> str:
    """Return the path under which a command in `sandbox` finds the absolute path `path`."""
    return f"{sandbox.root}{path}"
