"""The sandbox that all three back-ends hand out: a keeper at the other end of a line does the work."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from rqgm.core.errors import SandboxLostError
from rqgm.core.trees import TreeLimits
from rqgm.sandbox.protocol import Completed
from rqgm.sandbox.transfer import check_inside, fetch_files, send_tree

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence
    from types import TracebackType

    from rqgm.core.trees import File, Tree
    from rqgm.sandbox.connection import Connection
    from rqgm.sandbox.profile import Profile

GRACE_S = 45.0
"""How long a keeper may take beyond a command's time to kill what is left and answer."""
TRANSFER_S = 120.0
MIB = 1 << 20


class KeptSandbox:
    """A sandbox behind a keeper. `end` removes what the back-end made, and never raises."""

    def __init__(
        self,
        connection: Connection,
        profile: Profile,
        end: Callable[[], Awaitable[None]],
        *,
        root: str = "",
        path: str = "/usr/local/bin:/usr/bin:/bin",
        gateway: str = "",
        env: Mapping[str, str] | None = None,
    ) -> None:
        self.root = root
        self.gateway = gateway
        self._connection = connection
        self._profile = profile
        self._end = end
        self._base_env = {
            "PATH": path,
            "HOME": f"{root}/tmp",  # noqa: S108  # inside
            "TMPDIR": f"{root}/tmp",  # noqa: S108
            "LANG": "C.UTF-8",
            "PYTHONHASHSEED": "0",
            "PYTHONDONTWRITEBYTECODE": "1",
            **(env or {}),
            **profile.env,
        }
        self._lock = asyncio.Lock()
        self._closed = False

    async def put(self, path: str, tree: Tree, *, writable: bool = False) -> None:
        """Place a tree at `path`; see `Sandbox.put`."""
        async with self._turn(TRANSFER_S):
            await send_tree(self._connection, path, tree, writable=writable)

    async def run(
        self,
        argv: Sequence[str],
        *,
        cwd: str,
        env: Mapping[str, str] | None = None,
        stdin: bytes = b"",
        wall_s: float | None = None,
    ) -> Completed:
        """Run one command; see `Sandbox.run`."""
        environment = {**self._base_env, **(env or {}), "RQGM_ROOT": self.root}
        if not argv or any("\0" in text for text in (*argv, *environment, *environment.values())):
            return Completed(127, b"", b"a command needs a name, and no part of it may hold a NUL", 0.0, 0.0)
        request = self._limits(wall_s) | {
            "argv": list(argv),
            "cwd": cwd if cwd == "/" else check_inside(cwd),
            "env": environment,
        }
        async with self._turn(request["wall_s"] + GRACE_S):
            await self._connection.send(request, stdin)
            header, output = await self._connection.receive(self._profile.output_bytes + 4096)
        return completed(header, output)

    def _limits(self, wall_s: float | None) -> dict[str, Any]:
        profile = self._profile
        return {
            "do": "run",
            "wall_s": min(profile.wall_s, wall_s) if wall_s is not None else profile.wall_s,
            "cpu_s": profile.cpu_s,
            "output_bytes": profile.output_bytes,
            "memory_bytes": profile.memory_mb * MIB,
            "disk_bytes": profile.disk_mb * MIB,
            "pids": profile.pids,
        }

    async def get(
        self,
        path: str,
        names: Sequence[str] | None = None,
        limits: TreeLimits = TreeLimits(),  # noqa: B008  # frozen
    ) -> dict[str, File]:
        """Copy files out; see `Sandbox.get`."""
        async with self._turn(TRANSFER_S):
            return await fetch_files(self._connection, path, names, limits)

    async def close(self) -> None:
        """Kill everything and remove the sandbox."""
        if not self._closed:
            self._closed = True
            self._connection.close()
            await self._end()

    def _turn(self, limit_s: float) -> _Turn:
        if self._closed:
            raise SandboxLostError("the sandbox is closed")
        return _Turn(self, limit_s)


class _Turn:
    """One request: alone on the line, with a time limit; when it does not end well, the line is of no more use."""

    def __init__(self, sandbox: KeptSandbox, limit_s: float) -> None:
        self._sandbox = sandbox
        self._timeout = asyncio.timeout(limit_s)

    async def __aenter__(self) -> None:
        await self._sandbox._lock.acquire()
        await self._timeout.__aenter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            await self._timeout.__aexit__(kind, error, trace)
        except TimeoutError as late:
            self._sandbox._connection.close()
            raise SandboxLostError("the sandbox did not answer in time") from late
        finally:
            if isinstance(error, asyncio.CancelledError):
                self._sandbox._connection.close()
            self._sandbox._lock.release()


def completed(header: dict[str, Any], output: bytes) -> Completed:
    """Read a keeper's answer to `run`."""
    try:
        split = int(header["out"])
        return Completed(
            exit_code=int(header["exit"]) & 0xFF,
            stdout=output[:split],
            stderr=output[split:],
            wall_s=float(header["wall_s"]),
            cpu_s=float(header["cpu_s"]),
            timed_out=header["timed_out"] is True,
            out_of_memory=header["out_of_memory"] is True,
            output_truncated=header["truncated"] is True,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise SandboxLostError("the sandbox sent an answer that makes no sense") from error
