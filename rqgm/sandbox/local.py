"""Keepers on this machine: started as a child process (`process`, `bubblewrap`), with one socket as its line."""

from __future__ import annotations

import asyncio
import os
import select
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rqgm.core.errors import InfrastructureError, SandboxLostError
from rqgm.sandbox.connection import Connection, SocketStream, keeper_program

if TYPE_CHECKING:
    from collections.abc import Sequence

START_S = 30.0
END_S = 5.0


def interpreter() -> Path:
    """Return the engine's own Python outside of any virtual environment: what sandboxes of this machine run."""
    return Path(getattr(sys, "_base_executable", None) or sys.executable).resolve()


class LocalKeeper:
    """A keeper that is a child process of the engine."""

    def __init__(self, process: subprocess.Popen[bytes], connection: Connection) -> None:
        self._process = process
        self.connection = connection

    @classmethod
    async def start(cls, argv: Sequence[str], hello: dict[str, Any]) -> LocalKeeper:
        """Start one and wait until it is ready; InfrastructureError says what it complained about."""
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                # Started in this thread, not a worker's: "die with parent" means the thread that forked.
                process = subprocess.Popen(  # noqa: ASYNC220
                    [*argv],
                    stdin=theirs.fileno(),
                    stdout=theirs.fileno(),
                    stderr=subprocess.PIPE,
                    env={"LANG": "C.UTF-8"},
                    cwd="/",
                )
            except OSError as error:
                ours.close()
                raise InfrastructureError(f"{argv[0]}: cannot be started: {error.strerror}") from error
        try:
            keeper = cls(process, Connection(await SocketStream.open(ours)))
        except BaseException:
            ours.close()
            await asyncio.to_thread(process.wait)  # the end of its line ends it
            raise
        await keeper._greet(hello)
        return keeper

    async def _greet(self, hello: dict[str, Any]) -> None:
        try:
            async with asyncio.timeout(START_S):
                await self.connection.hello(hello, keeper_program(compiled=True))
        except BaseException as error:
            complaint = await self.end()
            if isinstance(error, (SandboxLostError, TimeoutError)):
                raise InfrastructureError(f"a sandbox did not start: {complaint or error}") from error
            raise

    async def end(self) -> str:
        """Close the line, wait until the keeper has ended, by force if need be; return the end of its complaints."""
        self.connection.close()
        try:
            return await asyncio.to_thread(self._wait)
        except BaseException:
            self._process.kill()
            raise

    def _wait(self) -> str:
        complaints = self._process.stderr
        if complaints:
            # Its end closes the pipe; `Popen.wait` with a time-out would sleep longer than most keepers take to end.
            poller = select.poll()
            poller.register(complaints, select.POLLIN)
            poller.poll(END_S * 1000)
        try:
            self._process.wait(END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if complaints is None:
            return ""
        os.set_blocking(complaints.fileno(), False)
        with complaints:
            text = complaints.read() or b""
        return text.decode("utf-8", "replace").strip()[-1_000:]
