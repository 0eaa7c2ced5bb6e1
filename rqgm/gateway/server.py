"""The gateway's HTTP side: starlette on a unix socket, in the engine's own event loop."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from typing import TYPE_CHECKING, Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.routing import Route

from rqgm.core.errors import InfrastructureError
from rqgm.gateway.answers import JSON_TYPE, refusal
from rqgm.gateway.asking import PATHS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from starlette.requests import Request

    from rqgm.gateway.answers import Answer
    from rqgm.gateway.gateway import Gateway
    from rqgm.gateway.usage import Protocol

START_S = 10.0
BACKLOG = 1_024


class Server:
    """Listens for roles."""

    def __init__(self, gateway: Gateway, path: Path) -> None:
        self._gateway = gateway
        self._path = path
        routes = [Route(url, self._endpoint(protocol), methods=["POST"]) for url, protocol in PATHS.items()]
        app = Starlette(routes=[*routes, Route("/v1/models", self._list)])
        config = uvicorn.Config(app, log_config=None, access_log=False, lifespan="off", server_header=False, ws="none")
        self._server = _Quiet(config)
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Bind the socket, open to all users of the machine (a token lets in), and listen."""
        listener = socket.socket(socket.AF_UNIX)
        try:
            listener.bind(str(self._path))
            listener.listen(BACKLOG)
            self._path.chmod(0o666)
        except OSError as error:
            listener.close()
            raise InfrastructureError(f"{self._path}: the gateway cannot listen: {error.strerror}") from error
        self._task = asyncio.create_task(self._server.serve(sockets=[listener]))
        async with asyncio.timeout(START_S):
            while not self._server.started:  # noqa: ASYNC110  # it tells in no other way
                await asyncio.sleep(0.01)

    async def stop(self) -> None:
        """Stop listening; calls under way are cut off."""
        self._server.should_exit = self._server.force_exit = True
        if self._task is not None:
            await self._task

    def _endpoint(self, protocol: Protocol) -> Any:
        async def endpoint(request: Request) -> Response:
            return _response(await self._answer(protocol, request))

        return endpoint

    async def _answer(self, protocol: Protocol, request: Request) -> Answer:
        lease = self._gateway.find(_token(request))
        if lease is None:
            return refusal(protocol, 401, "invalid_token", "this token is not of a job that runs")
        try:
            data = await _body(request, self._gateway.settings.max_request_bytes)
        except ClientDisconnect:
            data = b""
        if self._gateway.find(lease.grant.token) is not lease:  # the job has ended while it was read
            return refusal(protocol, 401, "invalid_token", "this token is not of a job that runs")
        if data is None:
            most = self._gateway.settings.max_request_bytes
            return refusal(protocol, 413, "request_too_large", f"a request may have {most} bytes")
        task = asyncio.create_task(self._gateway.answer(lease, protocol, data))
        lease.calls.add(task)
        task.add_done_callback(lease.calls.discard)
        return await _while_wanted(task, protocol)

    async def _list(self, request: Request) -> Response:
        lease = self._gateway.find(_token(request))
        if lease is None:
            return _response(refusal("chat", 401, "invalid_token", "this token is not of a job that runs"))
        names = [*lease.grant.names, *([lease.grant.embeddings] if lease.grant.embeddings else [])]
        listed = [{"id": name, "object": "model", "created": 0, "owned_by": name.partition("/")[0]} for name in names]
        return Response(json.dumps({"object": "list", "data": listed}), media_type=JSON_TYPE)


async def _while_wanted(task: asyncio.Task[Answer], protocol: Protocol) -> Answer:
    """Return the answer; a job that has ended no longer waits for it."""
    try:
        return await task
    except asyncio.CancelledError:
        if asyncio.current_task().cancelling():  # type: ignore[union-attr]  # the server stops
            task.cancel()
            raise
        return refusal(protocol, 401, "invalid_token", "the job has ended")


def _token(request: Request) -> str:
    key = request.headers.get("x-api-key")
    return key or request.headers.get("authorization", "").removeprefix("Bearer ").strip()


async def _body(request: Request, most: int) -> bytes | None:
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > most:
            return None
    return bytes(data)


def _response(answer: Answer) -> Response:
    return Response(answer.body, status_code=answer.status, headers={"content-type": answer.content_type})


class _Quiet(uvicorn.Server):
    """A server that leaves the engine's signals alone: Ctrl-C is the run's to handle."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
