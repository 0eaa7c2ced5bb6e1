"""The endpoints: from a request to the script, and its answer back over the line."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from rqgm.testing.providers import errors
from rqgm.testing.providers.faults import Fault, unauthorized, unknown_model
from rqgm.testing.providers.line import GoneError, Line, break_off
from rqgm.testing.providers.play import Play
from rqgm.testing.providers.requests import invalid, read_request

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from starlette.types import Receive, Scope, Send

    from rqgm.testing.providers.asked import Asked, Protocol, Reply
    from rqgm.testing.providers.book import Book, Served
    from rqgm.testing.providers.scripts import Script


@dataclass
class Desk:
    """What the endpoints share. `connections` lists the open ones; `failures` are what the script raised."""

    script: Script
    book: Book
    api_key: str | None
    models: Sequence[str] | None
    connections: Callable[[], Any]
    failures: list[Exception] = field(default_factory=list)

    def ask(self, asked: Asked) -> Reply | Fault:
        """Ask the script, unless the key or the model is wrong."""
        if self.api_key is not None and asked.api_key != self.api_key:
            return unauthorized()
        if self.models is not None and asked.model not in self.models:
            return unknown_model()
        try:
            return self.script(asked)
        except Exception as error:  # noqa: BLE001  # the script is a test's: `serve` raises it when the test is over
            self.failures.append(error)
            return Fault("error", 500, "server_error", f"the script failed: {type(error).__name__}: {error}")


@dataclass(frozen=True)
class Endpoint:
    """One protocol's endpoint, as an ASGI application."""

    desk: Desk
    protocol: Protocol

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        raw = await request.body()
        entry = enter(self.desk, self.protocol, request)
        asked = read_request(self.protocol, raw, entry.api_key, entry.call)
        if self.protocol == "messages" and "anthropic-version" not in request.headers:
            asked = invalid("anthropic-version: header is required")
        line = Line(receive, send, lambda: break_off(connection_of(self.desk, scope)))
        play = Play(self.desk.book, line, self.protocol, entry.number, entry.api_key)
        try:
            await play.fault(asked, None) if isinstance(asked, Fault) else await play.answer(asked, self.desk.ask)
        except GoneError:
            pass
        finally:
            await line.close()
            self.desk.book.note(entry.number, open=False)


@dataclass(frozen=True)
class Lists:
    """What is answered without the script: the list of models, and the count of tokens."""

    desk: Desk

    async def models(self, request: Request) -> JSONResponse:
        """Return the models in OpenAI's shape, or in Anthropic's to a client that sends its version."""
        protocol = "count_tokens" if "anthropic-version" in request.headers else "models"
        number = enter(self.desk, "models", request).number
        return self._answer(protocol, number, _models(self.desk.models or MODELS, anthropic=protocol != "models"))

    async def count_tokens(self, request: Request) -> JSONResponse:
        """Return how many tokens the messages have."""
        number = enter(self.desk, "count_tokens", request).number
        asked = read_request("messages", await request.body(), api_key_of(request), number, optional={"max_tokens"})
        if isinstance(asked, Fault):
            return self._answer("count_tokens", number, errors.body_of("count_tokens", asked, number=number), 400)
        self.desk.book.note(number, model=asked.model, body=asked.body)
        return self._answer("count_tokens", number, {"input_tokens": asked.input_tokens})

    async def unknown(self, request: Request, error: Exception) -> JSONResponse:
        """Say in OpenAI's words that there is nothing here."""
        status = error.status_code if isinstance(error, HTTPException) else 500
        number = enter(self.desk, "unknown", request).number
        fault = invalid(f"Invalid URL ({request.method} {request.url.path})")
        return self._answer("unknown", number, errors.body_of("unknown", fault, number=number), status)

    def _answer(self, protocol: str, number: int, body: dict[str, Any], status: int = 200) -> JSONResponse:
        self.desk.book.note(number, status=status, complete=True, open=False)
        return JSONResponse(body, status, errors.headers_of(protocol, number))


MODELS = ("gpt-5-mini", "text-embedding-3-small", "claude-sonnet-5")


def _models(names: Sequence[str], *, anthropic: bool) -> dict[str, Any]:
    if not anthropic:
        data = [{"id": name, "object": "model", "created": 0, "owned_by": "scripted"} for name in names]
        return {"object": "list", "data": data}
    at = "1970-01-01T00:00:00Z"
    data = [{"type": "model", "id": name, "display_name": name, "created_at": at} for name in names]
    return {"data": data, "has_more": False, "first_id": names[0], "last_id": names[-1]}


def make_app(desk: Desk) -> Starlette:
    """Return the application: every endpoint of both providers at one root."""
    lists = Lists(desk)
    posts: dict[str, Protocol] = {
        "/v1/chat/completions": "chat",
        "/v1/responses": "responses",
        "/v1/embeddings": "embeddings",
        "/v1/messages": "messages",
    }
    routes = [Route(path, Endpoint(desk, protocol), methods=["POST"]) for path, protocol in posts.items()]
    routes.append(Route("/v1/models", lists.models))
    routes.append(Route("/v1/messages/count_tokens", lists.count_tokens, methods=["POST"]))
    return Starlette(routes=routes, exception_handlers={HTTPException: lists.unknown})


def enter(desk: Desk, protocol: str, request: Request) -> Served:
    """Write a request into the book."""
    path, headers = request.url.path, dict(request.headers)
    return desk.book.enter(protocol=protocol, path=path, api_key=api_key_of(request), headers=headers)


def api_key_of(request: Request) -> str:
    """Return the key as it was given, in either provider's header."""
    return request.headers.get("x-api-key") or request.headers.get("authorization", "").removeprefix("Bearer ")


def connection_of(desk: Desk, scope: Scope) -> Any:
    """Return the transport of the connection that a request came by."""
    return next(line.transport for line in desk.connections() if line.client == tuple(scope["client"]))
