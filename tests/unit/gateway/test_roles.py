"""The engine's side: a role that calls models, run in a sandbox, and what its end is counted as."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from rqgm.core.errors import BudgetSpentError, ProviderUnavailableError
from rqgm.core.failures import TABLE, Failure
from rqgm.core.trees import File
from rqgm.gateway.gateway import RunLimits
from rqgm.roles.manifest import parse_manifest
from rqgm.roles.messages import Limits, SolverRequest
from rqgm.roles.runner import Collect, RoleJob, RoleRun, run_role
from rqgm.sandbox.pool import Sandboxes
from rqgm.sandbox.profile import Profile
from rqgm.testing.providers import Reply, ReplyUsage, faults

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

MANIFEST = b"""
schema_version = 1
[roles.coder]
kind = "solver"
command = ["coder"]
folders = ["coder"]
"""
WORKSPACE = {"workspace.toml": File(MANIFEST), "coder/a.py": File(b"1")}
USED = ReplyUsage(100, 10)


class Caller:
    """A role's program: calls the model so often, then ends as told."""

    def __init__(self, calls: int, end: Callable[[Any, list[int]], Any]) -> None:
        self.calls, self.end = calls, end
        self.statuses: list[int] = []

    def __call__(self, sandbox: Any) -> Any:
        grant = sandbox.request["model"]
        transport = httpx2.HTTPTransport(uds=grant["socket"], verify=False)
        with httpx2.Client(transport=transport, base_url=grant["base_url"], timeout=20) as client:
            for number in range(self.calls):
                body = {"model": grant["names"][0], "messages": [{"role": "user", "content": f"{number}"}]}
                bearer = {"authorization": f"Bearer {grant['token']}"}
                self.statuses.append(client.post("/v1/chat/completions", json=body, headers=bearer).status_code)
        return self.end(sandbox, self.statuses)


def crashes(sandbox: Any, statuses: list[int]) -> Any:
    return sandbox.answer({}, exit_code=int(any(status != 200 for status in statuses)))


def delivers(sandbox: Any, statuses: list[int]) -> Any:
    sandbox.files["/app/p.py"] = File(b"fix")
    return sandbox.answer({"notes": "as far as it went"})


def says_nothing(sandbox: Any, statuses: list[int]) -> Any:
    done = sandbox.answer({})
    del sandbox.files["/rqgm/io/response.json"]
    return done


@asynccontextmanager
async def sandboxes(fake_backend: Any, caller: Caller, gateway: Any) -> AsyncIterator[Sandboxes]:
    """Lend sandboxes in which the role's program runs beside the engine's loop, as a process would."""

    class Threaded(fake_backend):
        async def start(self, *arguments: Any, **more: Any) -> Any:
            sandbox = await super().start(*arguments, **more)
            here = type(sandbox).run

            async def run(*told: Any, **how: Any) -> Any:
                return await asyncio.to_thread(lambda: asyncio.run(here(sandbox, *told, **how)))

            sandbox.run = run
            return sandbox

    async with Sandboxes(Threaded(caller), "test", spare=0, gateway=gateway.place) as made:
        yield made


async def carry_out(gateways: Any, fake_backend: Any, gateway: Any, caller: Caller, scope: str = "work/1") -> RoleRun:
    """Run the coder once."""
    job = RoleJob(
        parse_manifest(WORKSPACE),
        WORKSPACE,
        "coder",
        request=lambda at: SolverRequest(
            role="coder",
            seed=1,
            limits=Limits(wall_s=30),
            task="t",
            instruction="i",
            workdir="/app",
            artifacts=["p.py"],
        ),
        collect=Collect("/app", ["p.py"]),
        wall_s=30.0,
        models=gateway,
        scope=scope,
    )
    async with sandboxes(fake_backend, caller, gateway) as made:
        return await run_role(made, Profile(name="p"), job)


async def test_what_a_role_used_is_counted_with_its_run(gateways: Any, fake_backend: Any) -> None:
    """Tokens and cost beside its own time."""
    async with gateways.served(lambda _: Reply("ok", usage=USED)) as (_, gateway):
        run = await carry_out(gateways, fake_backend, gateway, Caller(3, delivers))
    assert (run.failure, run.tree) == (None, {"p.py": File(b"fix")})
    assert (run.usage.model_calls, run.usage.input_tokens, run.usage.output_tokens) == (3, 300, 30)
    assert run.usage.cost_usd == pytest.approx(3 * (100 * 0.15 + 10 * 0.6) / 1e6)
    assert (run.usage.agent_runs, run.usage.cpu_s) == (1, 0.25)


@pytest.mark.parametrize("end", [crashes, delivers, says_nothing])
async def test_a_provider_that_is_down_is_never_a_result(gateways: Any, fake_backend: Any, end: Any) -> None:
    """However the role ends: neither its crash nor what it delivered without a model counts."""
    async with gateways.served(lambda _: faults.unauthorized()) as (_, gateway):
        caller = Caller(1, end)
        with pytest.raises(ProviderUnavailableError, match="401"):
            await carry_out(gateways, fake_backend, gateway, caller)
    assert caller.statuses == [503]


@pytest.mark.parametrize("end", [crashes, says_nothing])
async def test_a_role_that_breaks_at_its_own_limit_failed_by_that(gateways: Any, fake_backend: Any, end: Any) -> None:
    """An agent's failure, which counts: it had what all others have."""
    async with gateways.served(job={"calls": 2}) as (_, gateway):
        caller = Caller(3, end)
        run = await carry_out(gateways, fake_backend, gateway, caller)
    assert caller.statuses == [200, 200, 402]
    assert run.failure is Failure.BUDGET_EXHAUSTED
    assert TABLE[run.failure].counts
    assert run.usage.model_calls == 2


async def test_what_is_delivered_in_spite_of_a_spent_limit_counts(gateways: Any, fake_backend: Any) -> None:
    """The role answered with what it had."""
    async with gateways.served(job={"calls": 2}) as (_, gateway):
        run = await carry_out(gateways, fake_backend, gateway, Caller(3, delivers))
    assert (run.failure, run.tree) == (None, {"p.py": File(b"fix")})


@pytest.mark.parametrize("end", [crashes, delivers])
async def test_the_runs_limit_is_raised_and_nothing_is_counted(gateways: Any, fake_backend: Any, end: Any) -> None:
    """It is not the role's."""
    async with gateways.served(run=RunLimits(usd=1e-6)) as (_, gateway):
        with pytest.raises(BudgetSpentError, match="budget of usd is spent"):
            await carry_out(gateways, fake_backend, gateway, Caller(1, end))


async def test_a_crash_with_a_model_that_answers_is_a_crash(gateways: Any, fake_backend: Any) -> None:
    """And what it called is counted."""
    async with gateways.served() as (_, gateway):
        run = await carry_out(
            gateways, fake_backend, gateway, Caller(1, lambda sandbox, _: sandbox.answer({}, exit_code=1))
        )
    assert (run.failure, run.usage.model_calls) == (Failure.CRASH, 1)


async def test_a_run_of_a_role_that_fails_in_the_sandbox_ends_its_lease(gateways: Any, fake_backend: Any) -> None:
    """Its token is worth nothing any more."""

    def breaks(sandbox: Any, statuses: list[int]) -> Any:
        raise ConnectionError("the sandbox is gone")

    async with gateways.served() as (_, gateway):
        with pytest.raises(ConnectionError):
            await carry_out(gateways, fake_backend, gateway, Caller(1, breaks))
        assert not gateway._leases
