"""Calls to providers: one attempt, by HTTP as the role asked or translated by LiteLLM; and attempts until one succeeds.

A stream is read to its end before the role gets any of it. So one that breaks off can be asked again like any other
failed attempt, is never half counted, and what is recorded is what the role saw. A role is a program: it does not mind.
"""

from __future__ import annotations

import asyncio
import json
import random
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from rqgm.gateway.answers import JSON_TYPE, Answer, AttemptError, read_answer, without_usage_chunk
from rqgm.gateway.asking import limited
from rqgm.gateway.providers import check_live, is_loopback
from rqgm.gateway.translation import translated

if TYPE_CHECKING:
    from collections.abc import Callable

    from rqgm.gateway.asking import Asked
    from rqgm.gateway.providers import Provider

ANTHROPIC_VERSION = "2023-06-01"
SUFFIX = {
    "chat": "/chat/completions",
    "responses": "/responses",
    "embeddings": "/embeddings",
    "messages": "/v1/messages",
}
FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 30.0
ERROR_STATUS = 400
MAX_ANSWER_BYTES = 64 << 20


class ProviderFailedError(Exception):
    """A provider gave no answer in all attempts that it had. `doubtful`: how many of them it may have charged."""

    def __init__(self, detail: str, attempts: int, doubtful: int) -> None:
        self.detail = detail
        self.attempts = attempts
        self.doubtful = doubtful
        super().__init__(detail)


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer, and how it was got."""

    answer: Answer
    attempts: int
    doubtful: int
    """Attempts before it that the provider may have charged."""


@dataclass
class Upstream:
    """The line to one provider: its connections, how many calls at a time and how many a minute."""

    provider: Provider
    max_output_tokens: int
    _client: Any = None
    _gate: asyncio.Semaphore = field(init=False)
    _pace: Any = None

    def __post_init__(self) -> None:
        table = self.provider.table
        self._gate = asyncio.Semaphore(table.concurrency)
        if table.requests_per_min is not None:
            from aiolimiter import AsyncLimiter  # noqa: PLC0415

            self._pace = AsyncLimiter(max(1.0, table.requests_per_min), 60.0 * max(1.0, 1.0 / table.requests_per_min))

    async def fetch(self, asked: Asked, pay_again: Callable[[], bool] = lambda: True) -> Fetched:
        """Return an answer, trying again as long as that may help; ProviderFailedError otherwise.

        `pay_again` is asked before another attempt where the provider may have charged for the last one.
        """
        from tenacity import AsyncRetrying, retry_if_exception, stop_after_attempt, stop_before_delay  # noqa: PLC0415

        check_live(self.provider)
        table = self.provider.table
        attempts = doubtful = 0
        try:
            async for attempt in AsyncRetrying(
                stop=stop_after_attempt(table.attempts) | stop_before_delay(table.patience_s),
                wait=_wait_s,
                retry=retry_if_exception(lambda error: _may_help(error, pay_again)),
                reraise=True,
            ):
                with attempt:
                    attempts += 1
                    try:
                        answer = await self._attempt(asked)
                    except AttemptError as error:
                        doubtful += error.began
                        raise
                    return Fetched(answer, attempts, doubtful)
        except AttemptError as error:
            raise ProviderFailedError(f"{error.detail} ({attempts} attempts)", attempts, doubtful) from None
        raise AssertionError("tenacity ends with an answer or an error")

    async def _attempt(self, asked: Asked) -> Answer:
        if self._pace is not None:
            await self._pace.acquire()
        async with self._gate:
            try:
                async with asyncio.timeout(self.provider.table.timeout_s):
                    if self.provider.speaks(asked.protocol):
                        return await self._direct(asked)
                    return await translated(self.provider, limited(asked, self.max_output_tokens, modern=False))
            except TimeoutError as error:
                raise AttemptError(f"no answer in {self.provider.table.timeout_s:g} s", began=True) from error

    async def _direct(self, asked: Asked) -> Answer:
        import httpx2  # noqa: PLC0415

        modern = self.provider.name == "openai"
        body = {**limited(asked, self.max_output_tokens, modern=modern).body}
        body["model"] = asked.model.partition("/")[2]
        strip = asked.stream and asked.protocol == "chat" and not _wants_usage(body)
        if asked.stream and asked.protocol == "chat":
            body["stream_options"] = {**(body.get("stream_options") or {}), "include_usage": True}
        if asked.protocol == "responses":
            body["store"] = False
        try:
            request = self._connected().build_request(
                "POST",
                f"{self.provider.base_url}{SUFFIX[asked.protocol]}",
                content=json.dumps(body),
                headers=self._headers(),
            )
            response = await self._connected().send(request, stream=True)
        except httpx2.ConnectError as error:
            raise AttemptError(f"cannot be reached: {error}") from error
        except httpx2.HTTPError as error:
            raise AttemptError(f"{type(error).__name__}: {error}", began=True) from error
        try:
            # First of all: what is cut off or taken out later may not hold a part of the key.
            data = self.provider.redact(await _read(response))
        finally:
            await response.aclose()
        answer = read_answer(asked, response.status_code, response.headers, data)
        return replace(answer, body=without_usage_chunk(answer.body)) if strip and answer.ok else answer

    def _headers(self) -> dict[str, str]:
        headers = {"content-type": JSON_TYPE}
        key = self.provider.key
        if self.provider.protocol == "anthropic":
            return headers | {"anthropic-version": ANTHROPIC_VERSION} | ({"x-api-key": key} if key else {})
        return headers | ({"authorization": f"Bearer {key}"} if key else {})

    def _connected(self) -> Any:
        if self._client is None:
            import httpx2  # noqa: PLC0415

            limits = httpx2.Limits(max_connections=self.provider.table.concurrency, max_keepalive_connections=32)
            proxied = not is_loopback(self.provider.base_url)
            self._client = httpx2.AsyncClient(timeout=None, limits=limits, trust_env=proxied)
        return self._client

    async def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None


async def _read(response: Any) -> bytes:
    import httpx2  # noqa: PLC0415

    data = bytearray()
    try:
        async for chunk in response.aiter_bytes():
            data += chunk
            if len(data) > MAX_ANSWER_BYTES:
                raise AttemptError(f"the answer is larger than {MAX_ANSWER_BYTES} bytes", retry=False, began=True)
    except httpx2.HTTPError as error:
        began = response.status_code < ERROR_STATUS
        raise AttemptError(f"the answer broke off: {type(error).__name__}", began=began) from error
    return bytes(data)


def _may_help(error: BaseException, pay_again: Callable[[], bool]) -> bool:
    return isinstance(error, AttemptError) and error.retry and (not error.began or pay_again())


def _wait_s(state: Any) -> float:
    """Return how long to wait before the next attempt: what the provider asks for, else longer and longer, unevenly."""
    error = state.outcome.exception()
    if isinstance(error, AttemptError) and error.after_s is not None:
        return error.after_s
    longest_s = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** (int(state.attempt_number) - 1))
    return random.uniform(0.5, 1.0) * longest_s


def _wants_usage(body: dict[str, Any]) -> bool:
    options = body.get("stream_options")
    return isinstance(options, dict) and options.get("include_usage") is True
