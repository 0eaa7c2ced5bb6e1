"""What a keeper says is checked like hostile input."""

from __future__ import annotations

import json
import struct

import pytest

from rqgm.core.errors import ArtifactError, ConfigError, SandboxLostError
from rqgm.core.trees import File, TreeLimits
from rqgm.sandbox.connection import BOOT, Connection, keeper_program
from rqgm.sandbox.keeper.line import to_json
from rqgm.sandbox.kept import completed
from rqgm.sandbox.transfer import check_inside, fetch_files

LIMITS = TreeLimits(files=2, file_bytes=10, total_bytes=15)


class Script:
    """A line whose other end says what was written beforehand."""

    def __init__(self, *parts: bytes) -> None:
        self._data = b"".join(parts)
        self.sent = b""

    async def read(self, count: int) -> bytes:
        if len(self._data) < count:
            raise EOFError("the end")
        data, self._data = self._data[:count], self._data[count:]
        return data

    async def write(self, data: bytes) -> None:
        self.sent += data

    def close(self) -> None:
        self._data = b""


def frame(body: bytes = b"", **header: object) -> bytes:
    text = json.dumps({"size": len(body), **header}).encode()
    return struct.pack(">I", len(text)) + text + body


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"\x00\x00",
        struct.pack(">I", 1 << 31),
        struct.pack(">I", 4) + b"nope",
        struct.pack(">I", 2) + b"[]",
        frame(size=-1),
        frame(size=1 << 40),
        frame(size="many"),
        struct.pack(">I", 60_000) + b"[" * 60_000,
    ],
)
async def test_nonsense_means_lost(said: bytes) -> None:
    """Whatever makes no sense ends as SandboxLostError, without much memory."""
    with pytest.raises(SandboxLostError):
        await Connection(Script(said)).receive(100)


async def test_lost_answer_means_lost() -> None:
    """A keeper that says it failed is believed."""
    with pytest.raises(SandboxLostError, match="no space"):
        await Connection(Script(frame(lost="no space"))).receive()


async def test_files_come_out() -> None:
    """Well-behaved files come out sorted."""
    script = Script(frame(b"b", file="b", executable=True), frame(b"a", file="a/a"), frame(done=True))
    files = await fetch_files(Connection(script), "/app", None, LIMITS)
    assert files == {"a/a": File(b"a"), "b": File(b"b", executable=True)}
    assert list(files) == ["a/a", "b"]


@pytest.mark.parametrize("name", ["../x", "/x", "a/../b", "", ".", "a\nb", "a\\b", "\udcff", "x" * 401])
async def test_bad_paths_are_refused(name: str) -> None:
    """A keeper that names a bad path is not followed."""
    with pytest.raises(ArtifactError):
        await fetch_files(Connection(Script(frame(b"x", file=name), frame(done=True))), "/app", None, LIMITS)


@pytest.mark.parametrize(
    "sizes",
    [[11], [8, 8], [1, 1, 1]],
    ids=["one file", "all files", "count"],
)
async def test_more_than_allowed_means_lost(sizes: list[int]) -> None:
    """A keeper that sends more than it was asked for is not believed any more."""
    said = [frame(bytes(size), file=str(number)) for number, size in enumerate(sizes)]
    with pytest.raises((SandboxLostError, ArtifactError)):
        await fetch_files(Connection(Script(*said, frame(done=True))), "/app", None, LIMITS)


async def test_refusal_keeps_the_line_usable() -> None:
    """After a refused artifact, the next request is answered."""
    script = Script(frame(b"x", file="../x"), frame(refused="'y' is a link"), frame(done=True))
    connection = Connection(script)
    with pytest.raises(ArtifactError):
        await fetch_files(connection, "/app", None, LIMITS)
    assert await fetch_files(connection, "/app", None, LIMITS) == {}


@pytest.mark.parametrize("path", ["", "/", "app", "/a/../b", "/a//b", "/a/", "/a\0"])
def test_places_are_plain_absolute_paths(path: str) -> None:
    """Anything else is a mistake of ours and a ConfigError."""
    with pytest.raises(ConfigError):
        check_inside(path)


@pytest.mark.parametrize("header", [{}, {"exit": "x"}, {"exit": 0, "out": None}])
def test_nonsense_answers_mean_lost(header: dict[str, object]) -> None:
    """An answer to `run` that lacks something is SandboxLostError."""
    with pytest.raises(SandboxLostError):
        completed(header, b"")


def test_keepers_json_is_json() -> None:
    """The keeper's own little JSON writer writes what json reads."""
    values = {"a": 'q"\\\n\x00ü\udcff', "b": True, "c": False, "d": -3, "e": 0.25}
    assert json.loads(to_json(values)) == values


def test_keeper_imports_little() -> None:
    """The keeper runs on the standard library of an older Python, and nothing of ours besides itself."""
    program = keeper_program(compiled=False)
    assert b"pydantic" not in program
    assert b"import json" not in program
    compile(BOOT, "boot", "exec")
