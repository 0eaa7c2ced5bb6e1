"""The server: a provider on a port of loopback that the kernel chooses, in a thread of its own."""

from __future__ import annotations

import asyncio
import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import uvicorn

from rqgm.testing.providers.app import Desk, make_app
from rqgm.testing.providers.book import Book
from rqgm.testing.providers.scripts import ScriptError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rqgm.testing.providers.book import Served, Totals
    from rqgm.testing.providers.scripts import Script

HOST = "127.0.0.1"


class Provider:
    """A running provider. Every method may be called from any thread."""

    def __init__(self, script: Script, api_key: str | None, models: Sequence[str] | None, port: int) -> None:
        self._book = Book()
        self._desk = Desk(script, self._book, api_key, models, lambda: self._server.server_state.connections)
        self._socket = socket.create_server((HOST, port))
        # asyncio does it only for sockets whose protocol is named; else pieces of an answer wait 40 ms for one another.
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.url = f"http://{HOST}:{self._socket.getsockname()[1]}"
        self._server = _Server(_config(self._desk))
        self._thread = threading.Thread(target=self._run, name="scripted provider", daemon=True)
        self._thread.start()
        self._server.ready.wait()

    @property
    def served(self) -> list[Served]:
        """What was served so far, in the order of arrival."""
        return self._book.read()

    @property
    def failures(self) -> list[Exception]:
        """What the script raised so far; the clients got 500."""
        return list(self._desk.failures)

    def usage(self) -> Totals:
        """Return the sums of the usage that clients were told."""
        return self._book.totals()

    def wait(self, count: int = 0, timeout_s: float = 5.0) -> list[Served]:
        """Wait until `count` requests came and none is open; return what was served.

        Only needed for what clients broke off, which is noticed late. Raises TimeoutError, which names the state.
        """
        if not self._book.wait(count, timeout_s):
            seen = [(entry.path, "open" if entry.open else "ended") for entry in self.served]
            raise TimeoutError(f"{count} requests had not come to an end within {timeout_s} s; there were: {seen}")
        return self.served

    def wait_for(self, number: int, timeout_s: float = 5.0) -> Served | None:
        """Wait until the request of a number (from 1) came to its end; None if it did not in this time."""
        return self._book.ended(number, timeout_s)

    def close(self) -> None:
        """Break what is open and stop; from here on connections are refused. May be called more than once."""
        self._server.stop()
        self._thread.join()
        self._socket.close()

    def _run(self) -> None:
        asyncio.run(self._server.serve(sockets=[self._socket]))


@contextmanager
def serve(
    script: Script, *, api_key: str | None = None, models: Sequence[str] | None = None, port: int = 0
) -> Iterator[Provider]:
    """Serve a script at `provider.url` (OpenAI's base URL is that + ``/v1``) until the block ends.

    `api_key`: the only right key, None = any. `models`: the only models, None = any. `port`: 0 = a free one.
    Raises ScriptError at the end of a block that ended well if the script failed on some call.
    """
    provider = Provider(script, api_key, models, port)
    try:
        yield provider
    finally:
        provider.close()
    if provider.failures:
        raise ScriptError("the script of a provider failed; see the cause") from provider.failures[0]


@contextmanager
def refusing() -> Iterator[str]:
    """Hold a port on which nobody listens and give its URL: connections are refused."""
    with socket.socket() as held:
        held.bind((HOST, 0))
        yield f"http://{HOST}:{held.getsockname()[1]}"


class _Server(uvicorn.Server):
    """Stops at once, breaking what is open: uvicorn's own way waits for clients, and looks up every 100 ms."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Ask the server to stop, from any thread."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._stopping.set)

    async def main_loop(self) -> None:
        """Wait until stopped."""
        await self.on_tick(0)  # sets the date header
        self._loop = asyncio.get_running_loop()
        self.ready.set()
        await self._stopping.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:  # noqa: ARG002  # uvicorn's
        """Stop listening and break all connections."""
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        while self.server_state.connections or self.server_state.tasks:  # noqa: ASYNC110  # uvicorn's sets
            await asyncio.sleep(0.001)


def _config(desk: Desk) -> uvicorn.Config:
    return uvicorn.Config(
        make_app(desk), http="h11", ws="none", lifespan="off", log_config=None, access_log=False, server_header=False
    )
