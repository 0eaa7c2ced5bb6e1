"""The gateway: jobs are lent a token, calls with it are checked, metered, answered and recorded.

async with Gateway(...) as gateway:      # listens on a unix socket in a folder of its own
    lease = gateway.lease("coder", "work/…")   # what one job may use
    …                                    # the role calls, through the socket, with the lease's token
    spent = lease.close()                # what it used; raises where it was not the role that failed
"""

from __future__ import annotations

import asyncio
import hmac
import json
import os
import secrets
import shutil
import tempfile
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from rqgm.core.errors import (
    BudgetSpentError,
    ConfigError,
    InfrastructureError,
    ProviderUnavailableError,
    ReplayMissError,
    RqgmError,
)
from rqgm.core.grants import SOCKET, ModelGrant, Spent
from rqgm.core.hashes import canonical_json
from rqgm.core.usage import Usage
from rqgm.gateway.accounts import Account, Amount, Cap, Hold, Refusal, hold
from rqgm.gateway.answers import refusal
from rqgm.gateway.asking import Asked, AskingError, read_request
from rqgm.gateway.calls import Call, Calls, open_cassette
from rqgm.gateway.prices import Price, price_of
from rqgm.gateway.providers import provider_of
from rqgm.gateway.upstream import Fetched, ProviderFailedError, Upstream

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rqgm.gateway.answers import Answer
    from rqgm.gateway.settings import LimitTable, ModelsSettings
    from rqgm.gateway.usage import Protocol

RUN = "run"
HIDDEN_TOKEN = b"[token]"
PROBE_TOKENS = 16
"""The least that every provider takes as a limit."""
BASE_URL = "http://gateway"
TEST_SCOPES = "test/"
"""Jobs of the test at the end may use what the search had to leave."""


@dataclass(frozen=True)
class RunLimits:
    """What a run may use in all, and how much of it the search must leave for the test at the end (a share)."""

    usd: float | None = None
    tokens: int | None = None
    reserve: float = 0.0

    def cap(self, *, search: bool) -> Cap:
        """Return the limits of the search, or of the whole run."""
        part = 1.0 - self.reserve if search else 1.0
        return Cap(
            usd=None if self.usd is None else self.usd * part,
            tokens=None if self.tokens is None else int(self.tokens * part),
        )


@dataclass
class Lease:
    """What one job of a role may ask, from when it starts to when it ends. Calls with its token come in between."""

    gateway: Gateway
    role: str
    scope: str
    grant: ModelGrant
    account: Account
    counts: Counter[str] = field(default_factory=Counter)
    calls: set[asyncio.Task[Answer]] = field(default_factory=set)
    """Under way."""
    usage: Usage = field(default_factory=Usage)
    exhausted: bool = False
    """The job's own limit, or its role's, was reached."""
    trouble: Exception | None = None
    """What went wrong outside of the role; `close` raises it."""

    def charge(self, call: Call) -> None:
        """Take a call into what the job has used."""
        if call.spent:
            self.trouble = BudgetSpentError(f"the budget of {call.spent} is spent")
        self.exhausted = self.exhausted or (call.refused and not call.spent)
        self.usage += Usage(
            input_tokens=call.tokens["input"],
            output_tokens=call.tokens["output"],
            cached_tokens=call.tokens["cached"],
            reasoning_tokens=call.tokens["reasoning"],
            cost_usd=call.cost_usd,
            model_calls=call.amount.calls,
        )

    async def ask(self, protocol: Protocol, body: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
        """Return status and body of the answer to a request that the engine itself makes for the job; no stream."""
        data, most = canonical_json(body).encode(), self.gateway.settings.max_request_bytes
        if len(data) > most:
            answer = refusal(protocol, 413, "request_too_large", f"a request may have {most} bytes")
        else:
            answer = await self.gateway.answer(self, protocol, data)
        return answer.status, json.loads(answer.body)

    async def close(self) -> Spent:
        """End the lease, with calls that are still under way: nobody is left to hear the answer.

        Raises ProviderUnavailableError, BudgetSpentError or ReplayMissError; then nothing may be counted.
        """
        self.gateway.end(self)
        for task in self.calls:
            task.cancel()
        await asyncio.gather(*self.calls, return_exceptions=True)
        if self.trouble is not None:
            raise self.trouble
        return Spent(self.usage, exhausted=self.exhausted)


class Gateway:
    """The models of one run. Enter it before the first lease; it ends with its socket."""

    def __init__(
        self,
        folder: Path,
        settings: ModelsSettings,
        roles: list[str],
        limits: RunLimits = RunLimits(),
        env: Mapping[str, str] | None = None,
        seats: Mapping[str, str] | None = None,
    ) -> None:
        """Grant `roles` what the settings say, and each of `seats` (``panel/seat`` → model) exactly its model."""
        environment = os.environ if env is None else env
        self.settings = settings
        self.seats = dict(seats or {})
        self.models = settings.all_granted(roles, self.seats)
        names = {*self.models.values(), *([settings.embeddings] if settings.embeddings else [])}
        self._prices: dict[str, Price] = {name: price_of(name, settings) for name in sorted(names)}
        self._upstreams = self._lines(names, environment) if settings.may_call else {}
        self._folder = folder
        self._limits = limits
        self._leases: dict[str, Lease] = {}
        self._changed = asyncio.Event()
        self._place: Path | None = None
        self._server: Any = None
        self.calls: Calls
        self._cassette: Calls | None = None

    def _lines(self, names: set[str], env: Mapping[str, str]) -> dict[str, Upstream]:
        providers = {name: provider_of(name, self.settings, env) for name in sorted(names)}
        made = {p.name: Upstream(p, self.settings.max_output_tokens) for p in providers.values()}
        return {name: made[provider.name] for name, provider in providers.items()}

    async def __aenter__(self) -> Self:
        from rqgm.gateway.server import Server  # noqa: PLC0415  # starlette and uvicorn

        self._cassette = open_cassette(Path(self.settings.cassette)) if self.settings.cassette else None
        self.calls = Calls(self._folder)
        self._open_accounts()
        self._place = Path(tempfile.mkdtemp(prefix="rqgm-gateway-"))
        self._place.chmod(0o711)  # whoever runs in a sandbox has another user; the token is what lets in
        self._server = Server(self, self._place / SOCKET)
        await self._server.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        for lease in list(self._leases.values()):
            with suppress(Exception):  # what ended the run is told by whoever ran it
                await lease.close()
        await self._server.stop()
        for line in {id(line): line for line in self._upstreams.values()}.values():
            await line.close()
        self.calls.close()
        if self._cassette is not None:
            self._cassette.close()
        if self._place is not None:
            shutil.rmtree(self._place, ignore_errors=True)

    @property
    def place(self) -> Path:
        """The folder with the socket, which sandboxes are given."""
        assert self._place is not None, "the gateway is entered first"
        return self._place

    def _open_accounts(self) -> None:
        """Open the accounts of the run and of its roles where the recorded calls left them."""
        self._search = Account(RUN, self._limits.cap(search=True))
        self._whole = Account(RUN, self._limits.cap(search=False))
        roles = {role: self.settings.limits.get(role) for role in self.models}
        self._roles = {role: Account(f"role {role}", _cap(table)) for role, table in roles.items()}
        for call in self.calls:
            if call.replayed:  # it cost nothing in this run
                continue
            for account in self._accounts_of(call.role, call.scope):
                account.spent += call.amount
        for account in (self._search, self._whole):
            account.doubtful += self.calls.doubtful()
        for role, account in self._roles.items():
            account.doubtful += self.calls.doubtful(role)

    def _accounts_of(self, role: str, scope: str) -> list[Account]:
        run = [self._whole] if scope.startswith(TEST_SCOPES) else [self._search, self._whole]
        return [*run, *([self._roles[role]] if role in self._roles else [])]

    # ------------------------------------------------------------------ leases

    def lease(self, role: str, scope: str) -> Lease | None:
        """Lend a job of `role` a token; None where it is granted no model. `scope` names the job in the record."""
        model = self.models.get(role)
        if model is None:
            return None
        limits = self.settings.job
        grant = ModelGrant(
            base_url=BASE_URL,
            token=f"rqgm-{secrets.token_urlsafe(24)}",
            names=[model],
            embeddings=None if role in self.seats else self.settings.embeddings,
            tokens=limits.tokens,
            usd=limits.usd,
        )
        lease = Lease(self, role, scope, grant, Account("job", _cap(limits)))
        self._leases[grant.token] = lease
        return lease

    def end(self, lease: Lease) -> None:
        """Take a job's token back."""
        self._leases.pop(lease.grant.token, None)

    def find(self, token: str) -> Lease | None:
        """Return the lease of a token, in constant time for all wrong ones."""
        found = None
        for known, lease in self._leases.items():
            if hmac.compare_digest(known.encode(), token.encode()):
                found = lease
        return found

    # ------------------------------------------------------------------ one call

    async def answer(self, lease: Lease, protocol: Protocol, data: bytes) -> Answer:
        """Return the answer to one request of a job: checked, replayed or fetched, metered and recorded."""
        try:
            return await self._answer(lease, protocol, data)
        except Exception as error:  # noqa: BLE001  # border: what breaks on this side is not the role's failure
            known = isinstance(error, RqgmError)
            lease.trouble = error if known else InfrastructureError(f"models: {type(error).__name__}: {error}")
            return refusal(protocol, 503, "gateway_failed", "the gateway failed; this job is over")

    async def _answer(self, lease: Lease, protocol: Protocol, data: bytes) -> Answer:
        # A role that shows its request to the model shows its token: no provider's business, and another in a replay.
        data = data.replace(lease.grant.token.encode(), HIDDEN_TOKEN)
        try:
            asked = read_request(protocol, data, self.settings.max_output_tokens)
            self._check_model(lease, asked)
        except AskingError as error:
            return refusal(protocol, error.status, error.code, str(error))
        number = lease.counts[asked.digest]
        lease.counts[asked.digest] += 1
        recorded = self._recorded(lease, asked, number)
        if recorded is not None:
            return recorded
        if self.settings.mode == "replay":
            return self._miss(lease, asked)
        if lease.trouble is not None:  # the job will not count: no call of it is worth its price
            return refusal(protocol, 503, "provider_unavailable", "this job is over")
        return await self._metered(lease, asked, number)

    async def check(self, tools: bool = True) -> None:
        """Ask every granted model once, for next to nothing; ConfigError says what is wrong with key, name or model."""
        for model in sorted(set(self.models.values())):
            role = next(role for role, name in self.models.items() if name == model)
            lease = self.lease(role, f"check/{model}")
            assert lease is not None
            direct = self._upstreams[model].provider.protocol
            protocol: Protocol = "messages" if direct == "anthropic" else "chat"
            needs_tools = tools or model in self.seats.values()  # a seat's verdict is a tool's call
            answer = await self.answer(lease, protocol, probe(protocol, model, tools=needs_tools))
            trouble, lease.trouble = lease.trouble, None
            await lease.close()
            if trouble is not None:
                raise ConfigError(
                    f"models: {model} cannot be used: {trouble}; set another model or key, or models.check = false"
                )
            if not answer.ok:
                said = answer.body[:300].decode("utf-8", "replace")
                needed = " with tools, which its roles or seats use (models.tools)" if needs_tools else ""
                raise ConfigError(f"models: {model} refused a small request{needed}: {answer.status} {said}")

    def _check_model(self, lease: Lease, asked: Asked) -> None:
        names = [lease.grant.embeddings] if asked.protocol == "embeddings" else lease.grant.names
        if asked.model not in names:
            known = ", ".join(name for name in names if name) or "none"
            text = f"{asked.model[:80]!r} is not granted to this role; granted: {known}"
            raise AskingError(403, "model_not_granted", text)

    def _recorded(self, lease: Lease, asked: Asked, number: int) -> Answer | None:
        """Return what this job was answered before: in an earlier go at it, or in the run that is replayed."""
        for place in (self.calls, self._cassette):
            call = place.find(lease.scope, asked.digest, number) if place else None
            if place is None or call is None:
                continue
            if call.spent and self.settings.mode != "replay":
                continue  # who may ask has a budget of its own
            answer = place.answer(call)
            if place is not self.calls:  # else it is on record already
                request, response = self.calls.put(_text(asked)), self.calls.put(answer.body)
                self.calls.settle(None, replace(call, request=request, response=response, replayed=True))
            lease.charge(call)
            lease.account.spent += call.amount
            return answer
        return None

    def _miss(self, lease: Lease, asked: Asked) -> Answer:
        assert self._cassette is not None
        nearest = self._cassette.nearest(asked, lease.role)
        lease.trouble = ReplayMissError(f"replay: job {lease.scope!r} asks what was not recorded; {nearest}")
        return refusal(asked.protocol, 503, "replay_miss", "this request is not in the recording")

    async def _metered(self, lease: Lease, asked: Asked, number: int) -> Answer:
        bound_usd = self._prices[asked.model].bound_usd(asked.input_bound, asked.output_bound)
        most = Amount(bound_usd, asked.input_bound + 5 * asked.output_bound, 1)
        held = await self._hold([lease.account, *self._accounts_of(lease.role, lease.scope)], most)
        if isinstance(held, Refusal):
            return self._over(lease, asked, number, held)
        return await self._fetched(lease, asked, number, held)

    async def _hold(self, accounts: list[Account], most: Amount) -> Hold | Refusal:
        """Hold a call's worst case; where only calls under way stand in the way, wait for them."""
        while True:
            held = hold(accounts, most)
            if isinstance(held, Hold) or held.final:
                return held
            self._changed.clear()
            await self._changed.wait()

    def _over(self, lease: Lease, asked: Asked, number: int, found: Refusal) -> Answer:
        """Refuse a call that no limit allows any more. The run's own limit is no failure of the role."""
        text = f"the {found.account}'s limit of {found.limit} does not allow this call at its worst"
        answer = refusal(asked.protocol, 402, "budget_exhausted", text)
        call = replace(self._call(lease, asked, number, Fetched(answer, 0, 0), 0.0), refused=True)
        if found.account == RUN:
            call = replace(call, spent=found.limit)
        self.calls.settle(None, call)  # a replay must refuse it too
        lease.charge(call)
        return answer

    async def _fetched(self, lease: Lease, asked: Asked, number: int, held: Hold) -> Answer:
        most = held.amount
        try:
            ticket = self.calls.announce(lease.role, most)
        except BaseException:
            held.release()
            raise
        began = time.monotonic()
        call: Call | None = None
        broken = 0
        try:
            fetched = await self._upstreams[asked.model].fetch(asked, lambda: self._grow(held, most, lease, ticket))
            call, broken = self._call(lease, asked, number, fetched, time.monotonic() - began), fetched.doubtful
            lease.charge(call)
        except ProviderFailedError as error:
            broken = error.doubtful
            lease.trouble = ProviderUnavailableError(f"models: {error.detail}")
            return refusal(
                asked.protocol, 503, "provider_unavailable", "the provider does not answer; this job is over"
            )
        except ConfigError:  # it may not be called at all
            raise
        except BaseException:  # cut off on the way: the provider may have charged for all that is held
            broken = held.amount.calls
            raise
        else:
            return fetched.answer
        finally:
            doubtful = Amount(most.usd * broken, most.tokens * broken)
            held.settle(call.amount if call else Amount(), doubtful)
            self._changed.set()
            self.calls.settle(ticket, call, doubtful)

    def _grow(self, held: Hold, most: Amount, lease: Lease, ticket: int) -> bool:
        """Hold, and note, what another attempt may cost beside one that may have been charged."""
        grown = held.grow(most)
        if grown:
            self.calls.announce(lease.role, held.amount, ticket)
        return grown

    def _call(self, lease: Lease, asked: Asked, number: int, fetched: Fetched, wall_s: float) -> Call:
        """Return the record of a call, its texts kept unless the mode is `live`."""
        keep, answer = self.settings.mode != "live", fetched.answer
        return Call(
            scope=lease.scope,
            role=lease.role,
            number=number,
            protocol=asked.protocol,
            model=asked.model,
            digest=asked.digest,
            request=self.calls.put(_text(asked)) if keep else None,
            response=self.calls.put(answer.body) if keep else None,
            status=answer.status,
            content_type=answer.content_type,
            tokens=answer.tokens.to_json(),
            counted=answer.counted,
            cost_usd=round(self._prices[asked.model].cost_usd(answer.tokens), 12),
            version=answer.model,
            attempts=fetched.attempts,
            wall_s=round(wall_s, 6),
        )


def probe(protocol: Protocol, model: str, *, tools: bool) -> bytes:
    """Return the smallest request that shows whether a model answers, and takes tools."""
    schema = {"type": "object", "properties": {}}
    tool: dict[str, Any] = {"name": "noop", "description": "Does nothing.", "input_schema": schema}
    if protocol == "chat":
        tool = {"type": "function", "function": {"name": "noop", "description": "Does nothing.", "parameters": schema}}
    body = {"model": model, "max_tokens": PROBE_TOKENS, "messages": [{"role": "user", "content": "Say ok."}]}
    if protocol == "chat":
        body["max_completion_tokens"] = body.pop("max_tokens")
    return canonical_json(body | ({"tools": [tool]} if tools else {})).encode()


def _cap(table: LimitTable | None) -> Cap:
    return Cap(table.usd, table.tokens, table.calls) if table else Cap()


def _text(asked: Asked) -> bytes:
    return canonical_json(asked.body).encode()
