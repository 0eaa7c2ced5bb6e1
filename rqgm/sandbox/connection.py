"""The engine's end of the line to a keeper: frames over a stream socket."""

from __future__ import annotations

import asyncio
import json
import marshal
import struct
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Protocol

from rqgm.core.errors import SandboxLostError

if TYPE_CHECKING:
    import socket

MAX_HEADER_BYTES = 1 << 20
MAX_BODY_BYTES = 1 << 30
PARTS = ("line", "processes", "files", "command", "place", "main")
PACKAGE = "rqgm.sandbox.keeper"
# Reads the keeper's modules from the line, so that nothing of ours needs to be in an image or on a command line.
BOOT = (
    "import marshal,os,sys\n"
    "def r(n):\n"
    " b=b''\n"
    " while len(b)<n:\n"
    "  c=os.read(0,n-len(b))\n"
    "  if not c: raise SystemExit\n"
    "  b+=c\n"
    " return b\n"
    "for name,code in marshal.loads(r(int.from_bytes(r(4),'big'))):\n"
    " m=sys.modules[name]=type(os)(name)\n"
    " exec(code,m.__dict__)\n"
    "m.main()\n"
)


@lru_cache(maxsize=2)
def keeper_program(*, compiled: bool) -> bytes:
    """Return the keeper's modules: as source for any Python, or compiled for this very interpreter."""
    modules: list[tuple[str, Any]] = [("rqgm", ""), ("rqgm.sandbox", ""), (PACKAGE, "")]
    for part in PARTS:
        source = files(PACKAGE).joinpath(f"{part}.py").read_text(encoding="utf-8")
        modules.append((f"{PACKAGE}.{part}", source))
    if compiled:
        return marshal.dumps([(name, compile(source, name, "exec")) for name, source in modules])
    return marshal.dumps(modules, 2)  # version 2 is read by every Python 3


class Stream(Protocol):
    """What a line needs: exact reads and writes of bytes."""

    async def read(self, count: int) -> bytes:
        """Return exactly `count` bytes or raise EOFError or OSError."""

    async def write(self, data: bytes) -> None:
        """Write all of `data` or raise OSError."""

    def close(self) -> None:
        """Close the line at once; never raises."""


class SocketStream:
    """A line over a connected socket."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def open(cls, sock: socket.socket) -> SocketStream:
        """Take over a connected socket."""
        return cls(*await asyncio.open_connection(sock=sock, limit=1 << 20))

    async def read(self, count: int) -> bytes:
        """Return exactly `count` bytes."""
        return await self._reader.readexactly(count)

    async def write(self, data: bytes) -> None:
        """Write all of `data`."""
        self._writer.write(data)
        await self._writer.drain()

    def close(self) -> None:
        """Close the line at once."""
        self._writer.transport.abort()


class Connection:
    """Requests to a keeper and its answers. What a keeper says is checked like any hostile input."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream

    async def hello(self, hello: dict[str, Any], program: bytes) -> None:
        """Send the keeper its program and what it must know, and wait until it is ready."""
        await self._write(struct.pack(">I", len(program)) + program)
        await self.send(hello)
        await self.receive()

    async def send(self, header: dict[str, Any], body: bytes = b"") -> None:
        """Send one frame."""
        text = marshal.dumps({**header, "size": len(body)}, 2)
        await self._write(struct.pack(">I", len(text)) + text + body)

    async def receive(self, max_body: int = 0) -> tuple[dict[str, Any], bytes]:
        """Return one frame; `lost`, nonsense and the end of the line are SandboxLostError."""
        try:
            (length,) = struct.unpack(">I", await self._stream.read(4))
            header = json.loads(await self._stream.read(_bounded(length, MAX_HEADER_BYTES)))
            body = await self._stream.read(_bounded(header["size"], max_body))
        except (EOFError, OSError, ValueError, KeyError, TypeError, RecursionError) as error:
            raise SandboxLostError(f"the sandbox stopped answering ({type(error).__name__}: {error})") from error
        if "lost" in header:
            raise SandboxLostError(f"the sandbox failed: {header['lost']!s:.500}")
        return header, body

    async def _write(self, data: bytes) -> None:
        try:
            await self._stream.write(data)
        except OSError as error:
            raise SandboxLostError(f"the sandbox stopped listening ({error})") from error

    def close(self) -> None:
        """Close the line: the keeper then kills everything and ends."""
        self._stream.close()


def _bounded(size: int, limit: int) -> int:
    if not isinstance(size, int) or not 0 <= size <= limit:
        raise ValueError(f"a frame of {size!r:.40} bytes, allowed {limit}")
    return size
