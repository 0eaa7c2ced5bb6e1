"""One gateway, its leases and its budgets, over the socket."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

import pytest

from rqgm.core.errors import BudgetSpentError, ConfigError, ProviderUnavailableError
from rqgm.gateway.accounts import Amount
from rqgm.gateway.gateway import RunLimits
from rqgm.testing.providers import Reply, ReplyUsage, echo, faults, serve

if TYPE_CHECKING:
    from pathlib import Path

    from rqgm.testing.providers import Asked, Fault

USED = ReplyUsage(1_000, 50, cached=200, reasoning=20)


def costly(asked: Asked) -> Reply:
    return Reply("ok", usage=USED)


async def test_a_call_is_answered_metered_and_recorded(gateways: Any) -> None:
    """The job is told what it used, to the token and the cent, once."""
    async with gateways.served(costly) as (provider, gateway):
        role = gateways.role(gateway)
        response = await role.ask()
        assert response.json()["choices"][0]["message"]["content"] == "ok"
        account = role.lease.account
        spent = await role.lease.close()
        (call,) = gateway.calls
        (served,) = provider.served
    cost_usd = (800 * 0.15 + 200 * 0.075 + 50 * 0.6) / 1e6
    usage = spent.usage
    assert (usage.input_tokens, usage.output_tokens, usage.cached_tokens, usage.reasoning_tokens) == (1000, 50, 200, 20)
    assert usage.cost_usd == pytest.approx(cost_usd)
    assert (usage.model_calls, spent.exhausted) == (1, False)
    assert account.spent == Amount(pytest.approx(cost_usd), 1_250, 1)
    assert (account.held, account.doubtful) == (Amount(), Amount())
    assert (call.scope, call.role, call.number, call.status, call.attempts) == ("work/1", "coder", 0, 200, 1)
    assert served.model == "gpt-4o-mini"
    assert served.api_key == gateways.KEYS["OPENAI_API_KEY"]


async def test_a_role_without_a_model_gets_no_lease(gateways: Any) -> None:
    """It has nothing to close either."""
    async with gateways.served(default=None, roles={"coder": gateways.OPENAI}) as (_, gateway):
        assert gateway.lease("reviewer", "work/1") is None


async def test_a_job_may_use_all_of_its_calls_and_no_more(gateways: Any) -> None:
    """Three are three: a call is not counted twice."""
    async with gateways.served(job={"calls": 3}) as (provider, gateway):
        role = gateways.role(gateway)
        said = [(await role.ask(f"{n}")).status_code for n in range(4)]
        spent = await role.lease.close()
        assert said == [200, 200, 200, 402]
        assert len(provider.served) == 3
        assert (spent.exhausted, spent.usage.model_calls) == (True, 3)


async def test_a_refusal_names_the_limit_in_the_protocols_words(gateways: Any) -> None:
    """So that a role, and who reads its log, knows."""
    async with gateways.served(job={"tokens": 10}) as (provider, gateway):
        by_chat = (await gateways.role(gateway).ask()).json()["error"]
        by_message = (await gateways.role(gateway, "reviewer").ask(protocol="messages")).json()
        assert not provider.served
    assert (by_chat["code"], by_chat["type"]) == ("budget_exhausted", "budget_exhausted")
    assert "job's limit of tokens" in by_chat["message"]
    assert (by_message["type"], by_message["error"]["type"]) == ("error", "budget_exhausted")


async def test_the_roles_limit_ends_a_job_as_its_own_does(gateways: Any) -> None:
    """And holds for the next job, and for the run when it is resumed; other roles go on."""
    more = {"limits": {"coder": {"calls": 2}}}
    with serve(costly) as provider:
        async with gateways.open(provider.url, **more) as gateway:
            first = gateways.role(gateway)
            assert [(await first.ask(f"{n}")).status_code for n in range(3)] == [200, 200, 402]
            assert (await first.lease.close()).exhausted
        async with gateways.open(provider.url, **more) as gateway:
            second = gateways.role(gateway, scope="work/2")
            assert (await second.ask()).status_code == 402
            assert (await gateways.role(gateway, "editor", "work/3").ask()).status_code == 200
        assert len(provider.served) == 3


async def test_the_runs_limit_is_no_failure_of_the_job(gateways: Any) -> None:
    """The role is told 402, the engine that the budget is spent."""
    async with gateways.served(run=RunLimits(tokens=10)) as (provider, gateway):
        role = gateways.role(gateway)
        assert (await role.ask()).status_code == 402
        with pytest.raises(BudgetSpentError, match="budget of tokens is spent"):
            await role.lease.close()
        assert not provider.served
        (call,) = gateway.calls
        assert (call.refused, call.spent, call.amount.calls) == (True, "tokens", 0)


async def test_a_replay_spends_the_runs_budget_where_the_recorded_run_did(gateways: Any, tmp_path: Path) -> None:
    """It has no limits of its own to keep; who may ask the provider is not held to another run's."""
    with serve(echo()) as provider:
        async with gateways.open(provider.url, folder="first", run=RunLimits(tokens=10)) as gateway:
            first = await gateways.role(gateway).ask()
        again = {"mode": "replay", "cassette": str(tmp_path / "first")}
        async with gateways.open(provider.url, folder="second", **again) as gateway:
            role = gateways.role(gateway)
            assert (await role.ask()).content == first.content
            with pytest.raises(BudgetSpentError, match="budget of tokens is spent"):
                await role.lease.close()
        assert not provider.served
        async with gateways.open(provider.url, folder="third", **again | {"mode": "replay-or-live"}) as gateway:
            assert (await gateways.role(gateway).ask()).status_code == 200


async def test_a_job_that_is_over_is_not_paid_for(gateways: Any) -> None:
    """After the provider failed nothing that the role asks would count."""
    script = gateways.Plans({"first": [faults.server_error(), faults.server_error()]})
    async with gateways.served(script) as (provider, gateway):
        role = gateways.role(gateway)
        assert (await role.ask("first")).status_code == 503
        asked = len(provider.served)
        assert (await role.ask("second")).status_code == 503
        assert len(provider.served) == asked


async def test_a_jobs_token_is_neither_sent_nor_recorded(gateways: Any) -> None:
    """A role that shows its request to the model shows its token: it would be another one in a replay."""
    async with gateways.served() as (provider, gateway):
        role = gateways.role(gateway)
        token = role.lease.grant.token
        answer = await role.ask(f"my token is {token}")
        assert token not in answer.text
        assert token not in str(provider.served[0].body)
        (call,) = gateway.calls
        assert not any(token in (text or "") for text in gateway.calls.texts(call))


async def test_the_test_at_the_end_may_use_what_the_search_left(gateways: Any) -> None:
    """A reserve is kept from the search and lent to the test."""
    async with gateways.served(run=RunLimits(tokens=4_000, reserve=0.5)) as (_, gateway):
        assert (await gateways.role(gateway, scope="work/1").ask()).status_code == 402
        assert (await gateways.role(gateway, scope="test/1").ask()).status_code == 200


async def test_a_call_waits_while_others_may_give_back_what_they_hold(gateways: Any) -> None:
    """Eight at a time with room for the worst case of one: all are answered, one after the other."""
    slow = lambda asked: Reply("ok", usage=ReplyUsage(10, 1), latency_s=0.01)  # noqa: E731
    async with gateways.served(slow, run=RunLimits(tokens=2_700)) as (provider, gateway):
        roles = [gateways.role(gateway, scope=f"work/{n}") for n in range(8)]
        async with asyncio.timeout(20):
            said = await asyncio.gather(*(role.ask() for role in roles))
        assert [response.status_code for response in said] == [200] * 8
        assert provider.usage().calls == 8
        assert gateway._whole.held == Amount()


async def test_sixteen_jobs_at_the_edge_never_pass_it(gateways: Any) -> None:
    """With attempts that break off: what the provider counted stays within every limit, and nobody waits for ever."""

    def moody(asked: Asked) -> Reply | Fault:
        if asked.number % 5 == 0:
            return faults.server_error()
        if asked.number % 7 == 0:
            return faults.truncated()
        return Reply("ok " * 20, usage=ReplyUsage(asked.number % 4 * 500, 60))

    more = {
        "limits": {"editor": {"calls": 9}, "reviewer": {"tokens": 30_000}},
        "job": {"calls": 4, "tokens": 12_000},
        "run": RunLimits(usd=0.05, tokens=90_000),
    }
    async with gateways.served(moody, **more) as (provider, gateway):
        jobs = [gateways.role(gateway, gateways.ROLES[n % 3], f"work/{n}") for n in range(16)]
        async with asyncio.timeout(60):
            await asyncio.gather(*(job(role, n) for n, role in enumerate(jobs)))
        whole, roles = gateway._whole, gateway._roles
        accounts = [whole, gateway._search, *roles.values(), *(role.lease.account for role in jobs)]
        assert all((account.held, account.holds) == (Amount(), 0) for account in accounts)
        served = [entry for entry in provider.served if entry.usage is not None]
    assert sum(entry.usage.input_tokens + 5 * entry.usage.output_tokens for entry in served) <= 90_000
    assert sum(entry.protocol == "messages" for entry in served) > 0
    assert whole.spent.tokens + whole.doubtful.tokens <= 90_000
    assert roles["editor"].spent.calls <= 9
    assert roles["reviewer"].spent.tokens + roles["reviewer"].doubtful.tokens <= 30_000
    for role in jobs:
        account = role.lease.account
        assert account.spent.calls <= 4
        assert account.spent.tokens + account.doubtful.tokens <= 12_000


async def job(role: Any, n: int) -> None:
    """Ask until it is refused, two calls at a time; the end of the lease may be that the provider failed."""
    protocol = "messages" if role.lease.role == "reviewer" else "chat"
    for turn in range(4):
        said = await asyncio.gather(*(role.ask(f"{n} {turn} {k}", protocol) for k in range(2)))
        if any(response.status_code != 200 for response in said):
            break
    with contextlib.suppress(ProviderUnavailableError, BudgetSpentError):
        await role.lease.close()


async def test_after_a_kill_a_call_under_way_counts_against_run_and_role(gateways: Any) -> None:
    """At its worst, attempts that were made again included: the provider may have charged for them."""
    most = Amount(0.01, 5_000, 1)
    async with gateways.served(limits={"coder": {"tokens": 16_000}}) as (provider, gateway):
        ticket = gateway.calls.announce("coder", most)
        gateway.calls.announce("coder", most + most, ticket)
    async with gateways.open(provider.url, limits={"coder": {"tokens": 16_000}}) as gateway:
        assert gateway.calls.doubtful() == Amount(0.02, 10_000, 1)
        for account in (gateway._whole, gateway._search, gateway._roles["coder"]):
            assert account.doubtful == Amount(0.02, 10_000, 1)
        assert gateway._roles["editor"].doubtful == Amount()
        assert gateway.calls.announce("coder", most) == ticket + 1


async def test_a_lease_that_ends_cuts_its_calls_off_and_counts_them_as_doubtful(gateways: Any) -> None:
    """Nobody is left to hear the answer, which the provider may charge for."""
    async with gateways.served(lambda _: faults.stall()) as (provider, gateway):
        role = gateways.role(gateway)
        asking = asyncio.create_task(role.ask())
        await gateways.arrived(provider)
        spent = await role.lease.close()
        response = await asking
        assert (response.status_code, response.json()["error"]["code"]) == (401, "invalid_token")
        assert (spent.usage.model_calls, spent.usage.cost_usd) == (0, 0)
        assert gateway._whole.held == Amount()
        assert gateway._whole.doubtful.tokens > 0
        assert gateway.calls.doubtful().tokens == gateway._whole.doubtful.tokens


async def test_calls_that_wait_for_a_budget_are_cut_off_without_a_trace(gateways: Any) -> None:
    """They were never made."""
    async with gateways.served(lambda _: faults.stall(), run=RunLimits(tokens=3_000)) as (provider, gateway):
        first, second = gateways.role(gateway), gateways.role(gateway, scope="work/2")
        asking = [asyncio.create_task(role.ask(f"{n}")) for n, role in enumerate((first, second))]
        await gateways.arrived(provider)
        await second.lease.close()
        assert len(provider.served) == 1
        assert second.lease.account.doubtful == Amount()
        await first.lease.close()
        await asyncio.gather(*asking)


async def test_the_end_of_a_gateway_ends_calls_that_are_under_way(gateways: Any) -> None:
    """As a run does that stops on an error: no task is left, what was under way is on record."""
    with serve(lambda _: faults.stall()) as provider:
        async with gateways.open(provider.url) as gateway:
            role = gateways.role(gateway)
            asking = asyncio.create_task(role.ask())
            await gateways.arrived(provider)
        await asyncio.gather(asking, return_exceptions=True)
        assert not role.lease.calls
        async with gateways.open(provider.url) as gateway:
            assert gateway.calls.doubtful().tokens > 0
    assert not gateway.place.exists()


async def test_what_breaks_in_the_engine_is_not_the_roles_failure(gateways: Any) -> None:
    """A record that cannot be written, for one: the job is told that it is over, and nothing of it counts."""
    async with gateways.served() as (_, gateway):
        role = gateways.role(gateway)
        gateway.calls._ledger.close()
        response = await role.ask()
        assert (response.status_code, response.json()["error"]["code"]) == (503, "gateway_failed")
        with pytest.raises(Exception, match="closed"):
            await role.lease.close()
        assert gateway._whole.held == Amount()


async def test_the_check_asks_each_model_once_and_says_what_is_wrong(gateways: Any) -> None:
    """Before a run costs anything; a key that is refused is named as such."""
    async with gateways.served() as (provider, gateway):
        await gateway.check()
        assert sorted(served.protocol for served in provider.served) == ["chat", "messages"]
        assert all(served.body["tools"] for served in provider.served)
    with serve(lambda _: faults.unauthorized()) as provider:
        async with gateways.open(provider.url, folder="other") as gateway:
            with pytest.raises(ConfigError, match=r"cannot be used.*401"):
                await gateway.check()
    with serve(lambda _: faults.context_overflow()) as provider:
        async with gateways.open(provider.url, folder="third") as gateway:
            with pytest.raises(ConfigError, match="refused a small request with tools"):
                await gateway.check()
