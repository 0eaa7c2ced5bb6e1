"""The server: the pages of one or several runs while they go on, on this machine only.

It answers GET and HEAD alone, and only to a browser that asked for it by its own name (Host and Origin are checked, so
that no other site can have its name point here and read along). A run is read as any other reader reads it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from rqgm.archive.ledger import Ledger
from rqgm.core.errors import ConfigError
from rqgm.core.text import clean
from rqgm.report.pages.data import Pages, signs_of
from rqgm.report.pages.html import page, policy
from rqgm.run.comparison import compare
from rqgm.run.session import open_run

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence
    from pathlib import Path

    from starlette.requests import Request
    from starlette.types import ASGIApp, Receive, Scope, Send

HOST = "127.0.0.1"
PORT = 8765
MAX_STREAMS = 16
"""Event streams that are open at a time, over all pages."""
POLL_S = 1.0
REST = 4.0
"""A run's data is made anew at most so rarely that making it takes one part in REST + 1 of the time."""
PING_S = 15.0
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class LiveRun:
    """One run's pages, kept up with its ledger. Its methods block; each is for a thread of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = threading.Lock()
        self._signs_lock = threading.Lock()
        self._signs: tuple[int, bytes] | None = None
        self._run = open_run(folder)
        try:
            self.name = self._run.lock.run
            self._pages = Pages(self._run)
        finally:
            self._run.archive.close()  # opened again to read on: a writer that ends finds no reader in its way
        self._head = self._pages.head
        self._rest_until = 0.0

    @property
    def version(self) -> int:
        """The number of the last event that the pages know of."""
        return int(self._head["version"])

    def catch_up(self) -> None:
        """Read on, unless that was done a moment ago."""
        began = time.monotonic()
        if began < self._rest_until:
            return
        with self._lock:
            archive = self._run.archive
            archive.ledger = Ledger(archive.ledger.path, read_only=True)
            try:
                if self._pages.catch_up():
                    self._head = self._pages.head
            finally:
                archive.ledger.close()
        took = time.monotonic() - began
        self._rest_until = time.monotonic() + REST * took

    def head(self) -> bytes:
        """Return the head as JSON."""
        return _json(self._head)

    def part(self, name: str) -> bytes:
        """Return a part as JSON; KeyError if there is none of that name."""
        if name == "signs":
            return self._find_signs()
        with self._lock:
            return _json(self._pages.part(name))

    def _find_signs(self) -> bytes:
        """Look for signs of cheating, beside everything else because it takes long; once for each state of the run."""
        with self._signs_lock:
            version = self.version
            if self._signs is None or self._signs[0] != version:
                run = open_run(self.folder)
                try:
                    self._signs = version, _json(signs_of(run))
                finally:
                    run.archive.close()
            return self._signs[1]


def _json(data: Any) -> bytes:
    return json.dumps(data, separators=(",", ":"), allow_nan=False).encode()


@dataclass
class Viewer:
    """What the server shows: the runs, and who listens for news of them."""

    runs: Sequence[LiveRun]
    max_streams: int = MAX_STREAMS
    poll_s: float = POLL_S
    streams: int = 0
    ending: asyncio.Event = field(default_factory=asyncio.Event)
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)
    _compared: tuple[list[int], bytes] | None = None

    @property
    def versions(self) -> list[int]:
        """Each run's version."""
        return [run.version for run in self.runs]

    async def watch(self) -> None:
        """Keep up with the runs for as long as somebody listens; tell the listeners."""
        while not self.ending.is_set():
            before = self.versions
            if self.streams:
                for run in self.runs:
                    await run_in_threadpool(run.catch_up)
            if self.versions != before:
                async with self._news:
                    self._news.notify_all()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.ending.wait(), self.poll_s)
        async with self._news:
            self._news.notify_all()

    async def events(self) -> AsyncIterator[str]:
        """Yield server-sent events: all versions, now and whenever one has changed."""
        self.streams += 1  # here, so that a listener who leaves before the first word is not counted for ever
        told: list[int] | None = None
        try:
            while not self.ending.is_set():
                if self.versions != told:
                    told = self.versions
                    yield f"data: {json.dumps(told)}\n\n"
                    continue
                try:
                    async with self._news:
                        await asyncio.wait_for(self._news.wait(), PING_S)
                except TimeoutError:
                    yield ": still here\n\n"
        finally:
            self.streams -= 1

    def comparison(self) -> bytes:
        """Return the runs against their controls, or why they cannot be compared. Blocks."""
        if self._compared is None or self._compared[0] != self.versions:
            try:
                found = compare([run.folder for run in self.runs])
                told = {"pairs": found["pairs"], "pooled": found["pooled"]}
            except ConfigError as error:
                told = {"error": clean(str(error), 500)}
            self._compared = self.versions, _json(told)
        return self._compared[1]


class _Answers:
    """What is answered to a request that was let in."""

    def __init__(self, viewer: Viewer) -> None:
        self.viewer = viewer
        runs = [{"name": clean(run.name, 200), "base": f"runs/{n}/"} for n, run in enumerate(viewer.runs)]
        config = {"mode": "live", "events": "events", "runs": runs}
        self.document = page(f"{viewer.runs[0].name}: rqgm view", config, [], connect="'self'")

    def _run(self, request: Request) -> LiveRun:
        number: int = request.path_params["number"]
        if number >= len(self.viewer.runs):
            raise HTTPException(404)
        return self.viewer.runs[number]

    async def index(self, _: Request) -> Response:
        return HTMLResponse(self.document)

    async def head(self, request: Request) -> Response:
        run = self._run(request)
        if not self.viewer.streams:  # nobody has kept it up to date
            await run_in_threadpool(run.catch_up)
        return _json_response(await run_in_threadpool(run.head))

    async def part(self, request: Request) -> Response:
        run = self._run(request)
        try:
            return _json_response(await run_in_threadpool(run.part, request.path_params["name"]))
        except KeyError as error:
            raise HTTPException(404) from error

    async def comparison(self, _: Request) -> Response:
        return _json_response(await run_in_threadpool(self.viewer.comparison))

    async def events(self, _: Request) -> Response:
        viewer = self.viewer
        if viewer.streams >= viewer.max_streams:
            text = f"{viewer.max_streams} pages are being kept up to date already; close some"
            return PlainTextResponse(text, 503, {"Retry-After": "10"})
        return StreamingResponse(viewer.events(), media_type="text/event-stream")


def make_app(viewer: Viewer, port: int) -> ASGIApp:
    """Return the application that shows `viewer`'s runs to a browser that calls it on `port`."""
    answers = _Answers(viewer)

    @contextlib.asynccontextmanager
    async def watching(_: Starlette) -> AsyncIterator[None]:
        task = asyncio.create_task(viewer.watch())
        try:
            yield
        finally:
            viewer.ending.set()
            await task

    app = Starlette(
        routes=[
            Route("/", answers.index),
            Route("/runs/{number:int}/head.json", answers.head),
            Route("/runs/{number:int}/part/{name:path}.json", answers.part),
            Route("/compare.json", answers.comparison),
            Route("/events", answers.events),
        ],
        lifespan=watching,
    )
    return Guard(app, port)


def _json_response(body: bytes) -> Response:
    return Response(body, media_type="application/json")


class Guard:
    """Lets in what our own page asks for, and puts the security headers on what goes out."""

    def __init__(self, app: ASGIApp, port: int) -> None:
        self.app = app
        self.hosts = {f"{name}:{port}" for name in (HOST, "localhost")}
        self.origins = {f"http://{host}" for host in self.hosts}
        rules = policy("'self'") + "; frame-ancestors 'none'"
        self.headers = [
            (k.lower().encode(), v.encode()) for k, v in {**HEADERS, "Content-Security-Policy": rules}.items()
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def guarded(message: Any) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *self.headers]
            await send(message)

        refusal = self._refusal(scope)
        await (refusal or self.app)(scope, receive, guarded)

    def _refusal(self, scope: Scope) -> Response | None:
        if scope["method"] not in {"GET", "HEAD"}:
            return PlainTextResponse("only GET", 405, {"Allow": "GET, HEAD"})
        headers: dict[str, list[str]] = {}
        for name, value in scope["headers"]:
            headers.setdefault(name.decode("latin-1"), []).append(value.decode("latin-1"))
        if len(headers.get("host", [])) != 1 or headers["host"][0] not in self.hosts:
            return PlainTextResponse("ask for 127.0.0.1 or localhost, with the port", 421)
        if any(origin not in self.origins for origin in headers.get("origin", [])):
            return PlainTextResponse("not for other sites", 403)
        foreign = headers.get("sec-fetch-site", ["none"])[0] not in {"none", "same-origin"}
        if foreign and headers.get("sec-fetch-mode", [""])[0] != "navigate":
            return PlainTextResponse("not for other sites", 403)
        return None


def listen(port: int) -> socket.socket:
    """Return a socket that listens on `port` of this machine; ConfigError names a free one if it is taken."""
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((HOST, port))
        made.listen()
    except OSError as error:
        made.close()
        raise ConfigError(f"--port {port}: {error.strerror}; --port {_free_port(port)} is free") from error
    return made


def _free_port(taken: int) -> int:
    """Return the next free port above `taken`, or any."""
    for port in [*range(taken + 1, min(taken + 64, 65_536)), 0]:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tried, contextlib.suppress(OSError):
            tried.bind((HOST, port))
            return int(tried.getsockname()[1])
    return 0


def serve(viewer: Viewer, sock: socket.socket, *, ready: Callable[[], None] = lambda: None) -> None:
    """Serve until interrupted (Ctrl-C or SIGTERM); then event streams end and this returns."""
    import uvicorn  # noqa: PLC0415  # 0.1 s

    class Server(uvicorn.Server):
        """Lets the event streams end when it is told to, so that it need not wait for them."""

        def handle_exit(self, sig: int, frame: Any) -> None:
            viewer.ending.set()
            super().handle_exit(sig, frame)

        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            ready()

    app = make_app(viewer, sock.getsockname()[1])
    settings = uvicorn.Config(
        app, log_level="error", access_log=False, server_header=False, ws="none", timeout_graceful_shutdown=2
    )
    with contextlib.suppress(KeyboardInterrupt):  # uvicorn raises it again once everything is closed
        Server(settings).run(sockets=[sock])
