"""Grants: under what terms a job may call language models. The gateway lends them, running a role takes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from rqgm.core.usage import Usage

GATEWAY = "/run/rqgm"
"""Where a sandbox has the gateway's socket."""
SOCKET = "gateway.sock"


class ModelGrant(BaseModel):
    """The language models that a role may call, and the only way to them: HTTP on the unix socket `socket`.

    OpenAI's SDK takes `base_url` + ``/v1``, Anthropic's `base_url`; `token` is the key of either, and good for this
    job only. `names` may be asked (LiteLLM's notation), the first is the role's own. `tokens` (input + 5 × output) and
    `usd` are what the job may use, None = only the run's limits hold.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    socket: str = ""
    base_url: str
    token: str = Field(repr=False)
    names: list[str]
    embeddings: str | None = None
    tokens: int | None = None
    usd: float | None = None


@dataclass(frozen=True, slots=True)
class Spent:
    """What a job used of models; `exhausted`: it came to its own limit."""

    usage: Usage
    exhausted: bool = False


class ModelLease(Protocol):
    """What one job may ask: through the socket (`grant.socket` is filled in where the job runs), or by `ask`."""

    grant: ModelGrant

    async def ask(
        self, protocol: Literal["chat", "responses", "messages"], body: Mapping[str, Any]
    ) -> tuple[int, dict[str, Any]]:
        """Return status and body of the answer to one request, for jobs of the engine's own process; no stream."""

    async def close(self) -> Spent:
        """End it. Raises InfrastructureError or RunStoppedError where it was not the role that failed."""


class Models(Protocol):
    """Lends leases. `place` is the host's folder with the socket, which sandboxes of such jobs are given."""

    @property
    def place(self) -> Path:
        """The folder with the socket."""

    def lease(self, role: str, scope: str) -> ModelLease | None:
        """Lend a job of `role`, or of the seat ``panel/seat``, a lease; None if it is granted no model.

        `scope` names the job, once in a run.
        """
