"""One HTTP answer on its way to a client that may leave, on a connection that may be told to break."""

from __future__ import annotations

import asyncio
import socket
import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.types import Receive, Send


class GoneError(Exception):
    """The client is gone, or the provider closes: nothing more can be said."""


class Line:
    """Sends parts of an answer; every wait ends when the client leaves."""

    def __init__(self, receive: Receive, send: Send, break_off: Callable[[], None]) -> None:
        self._send = send
        self._break_off = break_off
        self._gone = asyncio.ensure_future(_disconnected(receive))

    async def start(self, status: int, headers: Mapping[str, str]) -> None:
        """Send the status and the headers."""
        pairs = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
        await self._say({"type": "http.response.start", "status": status, "headers": pairs})

    async def write(self, data: bytes) -> None:
        """Send a part of the body."""
        await self._say({"type": "http.response.body", "body": data, "more_body": True})

    async def end(self) -> None:
        """Say that the body is whole."""
        await self._say({"type": "http.response.body", "body": b"", "more_body": False})

    async def pause(self, seconds: float | None) -> None:
        """Wait; None = until the client leaves."""
        if seconds is None or seconds > 0:
            await asyncio.wait([self._gone], timeout=seconds)
        self.check()

    def check(self) -> None:
        """Raise GoneError if the client is gone."""
        if self._gone.done():
            raise GoneError

    async def reset(self) -> None:
        """Break the connection and see it broken."""
        self._break_off()
        await self.pause(None)

    async def close(self) -> None:
        """Stop watching the client."""
        self._gone.cancel()
        await asyncio.wait([self._gone])

    async def _say(self, message: dict[str, object]) -> None:
        await asyncio.sleep(0)  # lets a client's leaving be noticed
        self.check()
        await self._send(message)


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def break_off(transport: asyncio.Transport) -> None:
    """Close a connection so that the other side sees a reset, not an orderly end."""
    connection = transport.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
