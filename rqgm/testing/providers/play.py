"""Playing one answer: whole, as a stream, or broken as a fault tells."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rqgm.testing.providers import chat, embeddings, errors, messages, responses
from rqgm.testing.providers.answers import Answer
from rqgm.testing.providers.faults import Fault

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rqgm.testing.providers.answers import Piece
    from rqgm.testing.providers.asked import Asked, Protocol, Reply, ReplyUsage
    from rqgm.testing.providers.book import Book
    from rqgm.testing.providers.line import Line

BODIES = {"chat": chat.body, "responses": responses.body, "messages": messages.body, "embeddings": embeddings.body}
PIECES = {"chat": chat.pieces, "responses": responses.pieces, "messages": messages.pieces}
JSON = {"content-type": "application/json"}
EVENTS = {"content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache"}


@dataclass(frozen=True)
class Play:
    """Plays what the script answered to one request."""

    book: Book
    line: Line
    protocol: Protocol
    number: int
    api_key: str

    async def answer(self, asked: Asked, ask: Callable[[Asked], Reply | Fault]) -> None:
        """Ask, and give the reply or let happen what should go wrong."""
        self.book.note(self.number, model=asked.model, stream=asked.stream, body=asked.body)
        told = ask(asked)
        await self.line.pause(told.latency_s)
        if isinstance(told, Fault):
            await self.fault(told, asked)
        elif asked.stream and self.protocol in PIECES:
            await self._stream(Answer(asked, told, int(time.time())))
        else:
            await self._whole(Answer(asked, told, int(time.time())))

    async def fault(self, fault: Fault, asked: Asked | None) -> None:
        """Let go wrong what was told."""
        status = errors.status_of(self.protocol, fault)
        if fault.kind == "page":
            page = errors.PAGE.format(fault.status, fault.message)
            await self._send(fault.status, page.encode(), {"content-type": "text/html"})
        elif asked is None or fault.kind == "error" or (fault.kind == "stream_error" and not asked.stream):
            model = asked.model if asked else ""
            body = errors.body_of(self.protocol, fault, number=self.number, model=model, api_key=self.api_key)
            await self._send(status, json.dumps(body).encode(), JSON | dict(fault.headers))
        elif fault.after is None:
            await self._break(fault)
        elif asked.stream and self.protocol in PIECES:
            await self._broken_stream(Answer(asked, fault.reply, int(time.time())), fault, fault.after)
        else:
            await self._broken_body(Answer(asked, fault.reply, int(time.time())), fault)

    async def _whole(self, answer: Answer) -> None:
        if self.protocol == "embeddings":
            usage = answer.counted
            answer = replace(answer, reply=replace(answer.reply, usage=replace(usage, output_tokens=0)))
        elif answer.reply.delay_s:
            paced = sum(piece.paced for piece in PIECES[self.protocol](answer))
            await self.line.pause(answer.reply.delay_s * paced)
        body = json.dumps(BODIES[self.protocol](answer), ensure_ascii=False).encode()
        await self._send(200, body, JSON, answer.usage)

    async def _stream(self, answer: Answer) -> None:
        await self._start(200, EVENTS)
        *begun, last = PIECES[self.protocol](answer)
        for piece in begun:
            await self._piece(piece, answer.reply.delay_s)
        await self._finish(last.data, last.usage, complete=True)

    async def _broken_stream(self, answer: Answer, fault: Fault, after: int) -> None:
        whole = list(PIECES[self.protocol](answer))
        begun = list(_until(whole, after))
        await self._start(200, EVENTS)
        for piece in begun:
            await self._piece(piece, answer.reply.delay_s)
        if fault.kind == "stream_error":
            await self._finish(errors.in_stream(answer, fault, len(begun), self.number))
        elif fault.kind == "truncated":
            await self._finish(_half(whole[len(begun)].data))
        else:
            await self._break(fault)

    async def _broken_body(self, answer: Answer, fault: Fault) -> None:
        whole = json.dumps(BODIES[self.protocol](answer), ensure_ascii=False).encode()
        half = _half(whole)
        length = len(half) if fault.kind == "truncated" else len(whole)
        await self._start(200, JSON | {"content-length": str(length)})
        if fault.kind == "truncated":
            await self._finish(half)
        else:
            await self.line.write(half)
            await self._break(fault)

    async def _break(self, fault: Fault) -> None:
        await (self.line.reset() if fault.kind == "reset" else self.line.pause(None))

    async def _piece(self, piece: Piece, delay_s: float) -> None:
        await self.line.pause(delay_s if piece.paced else 0)
        if piece.usage is not None:
            self.book.note(self.number, usage=piece.usage)
        await self.line.write(piece.data)

    async def _send(self, status: int, body: bytes, headers: dict[str, str], usage: ReplyUsage | None = None) -> None:
        await self._start(status, headers | {"content-length": str(len(body))})
        await self._finish(body, usage, complete=True)

    async def _start(self, status: int, headers: dict[str, str]) -> None:
        self.book.note(self.number, status=status)
        await self.line.start(status, errors.headers_of(self.protocol, self.number) | headers)

    async def _finish(self, last: bytes, usage: ReplyUsage | None = None, *, complete: bool = False) -> None:
        self.line.check()
        if usage is not None:
            self.book.note(self.number, usage=usage)
        # Before the last bytes: a client that has them may look into the book at once.
        self.book.note(self.number, complete=complete, open=False)
        await self.line.write(last)
        await self.line.end()


def _until(whole: list[Piece], after: int) -> Iterator[Piece]:
    """Yield the pieces before the paced one that comes after `after` others; never the last."""
    paced = 0
    for piece in whole[:-1]:
        paced += piece.paced
        if paced > after:
            return
        yield piece


def _half(data: bytes) -> bytes:
    return data[: len(data) // 2]
