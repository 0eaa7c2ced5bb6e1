"""A gateway on its socket before a scripted provider, asked as roles ask it."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from rqgm.core.grants import SOCKET
from rqgm.gateway.gateway import Gateway, Lease, RunLimits
from rqgm.gateway.settings import ModelsSettings
from rqgm.testing.providers import echo, serve

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from rqgm.testing.providers import Asked, Fault, Provider, Reply
    from rqgm.testing.providers.scripts import Script

OPENAI, ANTHROPIC = "openai/gpt-4o-mini", "anthropic/claude-haiku-4-5"
KEYS = {"OPENAI_API_KEY": "sk-canary-openai-0123456789", "ANTHROPIC_API_KEY": "sk-ant-canary-9876543210"}
QUICK = {"attempts": 2, "patience_s": 30, "timeout_s": 20}
PATHS = {
    "chat": "/v1/chat/completions",
    "responses": "/v1/responses",
    "messages": "/v1/messages",
    "embeddings": "/v1/embeddings",
}


@dataclass
class Plans:
    """A script that answers each text by a plan of its own, in turn; texts without one are echoed."""

    left: dict[str, list[Reply | Fault]] = field(default_factory=dict)

    def __call__(self, asked: Asked) -> Reply | Fault:
        plan = self.left.get(asked.last_user_text)
        return plan.pop(0) if plan else echo()(asked)


def body_of(protocol: str, text: str = "hello", **more: Any) -> dict[str, Any]:
    """Return a small request."""
    said: dict[str, Any] = {"messages": [{"role": "user", "content": text}]}
    if protocol in {"responses", "embeddings"}:
        said = {"input": text}
    model = ANTHROPIC if protocol == "messages" else OPENAI
    return {"model": model, **said, **more}


class Role:
    """What a role does with its lease: requests through the socket, as bytes."""

    def __init__(self, gateway: Gateway, lease: Lease) -> None:
        self.lease = lease
        self._socket = str(gateway.place / SOCKET)

    async def post(self, protocol: str, body: Any, token: str | None = None, **headers: str) -> Any:
        """Send a request and return the response."""
        import httpx2

        data = {"content": body} if isinstance(body, bytes) else {"json": body}
        headers = {"authorization": f"Bearer {self.lease.grant.token if token is None else token}", **headers}
        transport = httpx2.AsyncHTTPTransport(uds=self._socket, verify=False)
        async with httpx2.AsyncClient(transport=transport, base_url="http://gateway", timeout=30) as client:
            return await client.post(PATHS[protocol], headers=headers, **data)

    async def ask(self, text: str = "hello", protocol: str = "chat", **more: Any) -> Any:
        """Ask something small."""
        return await self.post(protocol, body_of(protocol, text, **more))


class Gateways:
    """Opens gateways; roles `coder` and `editor` are granted OpenAI's model, `reviewer` Anthropic's."""

    OPENAI, ANTHROPIC, KEYS, QUICK = OPENAI, ANTHROPIC, KEYS, QUICK
    Plans = Plans
    body_of = staticmethod(body_of)
    ROLES = ("coder", "editor", "reviewer")

    def __init__(self, base: Path) -> None:
        self.base = base

    def settings(self, url: str, **more: Any) -> ModelsSettings:
        """Return settings for a provider at a URL."""
        table = {
            "default": OPENAI,
            "roles": {"reviewer": ANTHROPIC},
            "embeddings": "openai/text-embedding-3-small",
            "max_output_tokens": 64,
            "providers": {
                "openai": {"base_url": f"{url}/v1", **QUICK},
                "anthropic": {"base_url": url, **QUICK},
            },
        }
        return ModelsSettings.model_validate(table | more)

    @asynccontextmanager
    async def open(
        self, url: str, folder: str = "run", run: RunLimits | None = None, roles_of: Sequence[str] = ROLES, **more: Any
    ) -> AsyncIterator[Gateway]:
        """Open a gateway on a run's folder."""
        (self.base / folder).mkdir(exist_ok=True)
        settings = self.settings(url, **more)
        limits = run or RunLimits()
        async with Gateway(self.base / folder, settings, list(roles_of), limits, KEYS) as gateway:
            yield gateway

    def role(self, gateway: Gateway, role: str = "coder", scope: str = "work/1") -> Role:
        """Start a job of a role."""
        lease = gateway.lease(role, scope)
        assert lease is not None
        return Role(gateway, lease)

    @asynccontextmanager
    async def served(self, script: Script | None = None, **more: Any) -> AsyncIterator[tuple[Provider, Gateway]]:
        """Serve a script and open a gateway before it."""
        with serve(script or echo()) as provider:
            async with self.open(provider.url, **more) as gateway:
                yield provider, gateway

    async def arrived(self, provider: Provider, count: int = 1) -> None:
        """Wait until requests have come to the provider."""
        async with asyncio.timeout(20):
            while len(provider.served) < count:  # noqa: ASYNC110  # written in another thread
                await asyncio.sleep(0.01)


@pytest.fixture(scope="session")
def gateways_of() -> type[Gateways]:
    """Return the class, for modules that share a gateway among their tests."""
    return Gateways


@pytest.fixture
def gateways(tmp_path: Path) -> Gateways:
    """Return what opens gateways, with folders of this test."""
    return Gateways(tmp_path)
