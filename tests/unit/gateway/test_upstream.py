"""Everything that goes wrong at a provider, in every protocol, whole and streamed, as the real SDKs see it.

Each fault ends in its one right place: tried again and then answered and charged once; passed to the role as its own
doing; or raised when the lease ends, so that nothing is counted.
"""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import anthropic
import httpx2
import openai
import pytest
import pytest_asyncio

from rqgm.core.errors import ProviderUnavailableError
from rqgm.core.grants import SOCKET
from rqgm.gateway.accounts import Amount
from rqgm.testing.providers import Reply, ReplyUsage, ToolCall, faults, refusing, serve

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from rqgm.gateway.gateway import Gateway, Lease
    from rqgm.testing.providers import Fault, Provider, Served

pytestmark = pytest.mark.asyncio(loop_scope="module")

TIMEOUT_S = 2.0
WORST_TOKENS = 2_450
"""About what a call of these tests holds: its bytes, what is added to it, five times its output."""
USED = ReplyUsage(40, 7, cached=8, reasoning=3)
GOOD = Reply("all is well", usage=USED)
BROKEN_ARGUMENTS = '{"a": 1, "b"'


@dataclass(frozen=True)
class Lane:
    """A way to ask."""

    protocol: str
    stream: bool


LANES = [Lane(protocol, stream) for protocol in ("chat", "responses", "messages") for stream in (False, True)]


@dataclass(frozen=True)
class Seen:
    """What came of one call: the text or the error's status and words, how the lease ended, what the provider served."""

    lane: Lane
    text: str
    status: int
    said: str
    lease: Lease
    trouble: str
    served: list[Served]

    @property
    def broken(self) -> int:
        """How many attempts are counted as doubtful."""
        return round(self.lease.account.doubtful.tokens / WORST_TOKENS)


class Bench:
    """A provider, a gateway before it and both SDKs; a call is known by its text."""

    def __init__(self, gateways: Any, provider: Provider, plans: Any, gateway: Gateway) -> None:
        self.gateways, self.provider, self.plans, self.gateway = gateways, provider, plans, gateway
        self._numbers = itertools.count()
        transport = {"transport": httpx2.AsyncHTTPTransport(uds=str(gateway.place / SOCKET), verify=False)}
        self._http = httpx2.AsyncClient(**transport, timeout=60)
        common = {"api_key": "-", "max_retries": 0, "http_client": self._http}
        self._openai = openai.AsyncOpenAI(base_url="http://gateway/v1", **common)
        self._anthropic = anthropic.AsyncAnthropic(base_url="http://gateway", **common)

    async def close(self) -> None:
        await self._http.aclose()

    async def everywhere(self, *plan: Reply | Fault, lanes: list[Lane] = LANES, role: str = "") -> list[Seen]:
        """Ask in all lanes at a time; each is answered by the plan."""
        return list(await asyncio.gather(*(self._once(lane, plan, role) for lane in lanes)))

    async def _once(self, lane: Lane, plan: tuple[Reply | Fault, ...], role: str) -> Seen:
        text = f"call {next(self._numbers)}."
        self.plans.left[text] = list(plan)
        role = role or ("reviewer" if lane.protocol == "messages" else "coder")
        lease = self.gateway.lease(role, f"work/{text}")
        assert lease is not None
        answer, status, said, trouble = "", 200, "", ""
        try:
            answer = await getattr(self, f"_{lane.protocol}")(lease.grant, text, lane.stream)
        except (openai.APIStatusError, anthropic.APIStatusError) as error:
            status, said = error.status_code, str(error.body)
        try:
            await lease.close()
        except ProviderUnavailableError as error:
            trouble = str(error)
        served = [entry for entry in self.provider.served if text in str(entry.body)]
        return Seen(lane, answer, status, said, lease, trouble, served)

    async def _chat(self, grant: Any, text: str, stream: bool) -> str:
        create = self._openai.with_options(api_key=grant.token).chat.completions.create
        made = await create(model=grant.names[0], messages=[{"role": "user", "content": text}], stream=stream)
        if not stream:
            calls = made.choices[0].message.tool_calls or []
            return (made.choices[0].message.content or "") + "".join(call.function.arguments for call in calls)
        deltas = [chunk.choices[0].delta async for chunk in made]
        calls = [call.function.arguments or "" for delta in deltas for call in delta.tool_calls or []]
        return "".join(delta.content or "" for delta in deltas) + "".join(calls)

    async def _responses(self, grant: Any, text: str, stream: bool) -> str:
        create = self._openai.with_options(api_key=grant.token).responses.create
        made = await create(model=grant.names[0], input=text, stream=stream)
        made = [event async for event in made][-1].response if stream else made
        return made.output_text + "".join(item.arguments for item in made.output if item.type == "function_call")

    async def _messages(self, grant: Any, text: str, stream: bool) -> str:
        create = self._anthropic.with_options(api_key=grant.token).messages.create
        said = [{"role": "user", "content": text}]
        made = await create(model=grant.names[0], messages=said, max_tokens=64, stream=stream)
        if not stream:
            calls = "".join(block.input.get("raw", "") for block in made.content if block.type == "tool_use")
            return "".join(block.text for block in made.content if block.type == "text") + calls
        deltas = [event.delta async for event in made if event.type == "content_block_delta"]
        return "".join(delta.text if delta.type == "text_delta" else delta.partial_json for delta in deltas)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def bench(gateways_of: Any, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Bench]:
    gateways = gateways_of(tmp_path_factory.mktemp("upstream"))
    plans = gateways.Plans()
    price = {"input_usd_per_mtok": 1.0, "output_usd_per_mtok": 2.0}
    quick = {"attempts": 2, "patience_s": 30, "timeout_s": TIMEOUT_S}
    with serve(plans) as provider, refusing() as nowhere:
        more = {
            "roles": {"reviewer": gateways.ANTHROPIC, "editor": "gone/model", "judge": "away/model"},
            "providers": {
                "openai": {"base_url": f"{provider.url}/v1", **quick},
                "anthropic": {"base_url": provider.url, **quick},
                "gone": {"protocol": "openai", "base_url": nowhere, **quick},
                "away": {"protocol": "anthropic", "base_url": nowhere, **quick},
            },
            "prices": {"gone/model": price, "away/model": price},
        }
        async with gateways.open(provider.url, roles_of=["coder", "editor", "judge", "reviewer"], **more) as gateway:
            made = Bench(gateways, provider, plans, gateway)
            yield made
            await made.close()
            assert gateway._whole.held == Amount()


PASSING = [
    ("rate-limited", faults.rate_limited(), ()),
    ("rate-limited-at-once", faults.rate_limited(retry_after_s=0), ()),
    ("rate-limited-ms", faults.rate_limited(retry_after_s=9, retry_after_ms=5), ()),
    ("server-error", faults.server_error(), ()),
    ("bad-gateway", faults.server_error(502), ()),
    ("overloaded", faults.overloaded(), ()),
    ("page-502", faults.html_page(502), ()),
    ("page-200", faults.html_page(), (False, True)),
    ("reset", faults.reset(), (False, True)),
    ("reset-midway", faults.reset(after=2), (False, True)),
    ("truncated", faults.truncated(), (False, True)),
    ("stream-error", faults.stream_error(), (True,)),
    ("stalled", faults.stall(), (False, True)),
    ("stalled-midway", faults.stall(after=2), (False, True)),
]
"""What passes, and of which lanes (whole, streamed) the provider may have charged the attempt."""
passing = pytest.mark.parametrize(("fault", "charged"), [row[1:] for row in PASSING], ids=[row[0] for row in PASSING])


@passing
async def test_what_passes_is_tried_again_and_the_answer_charged_once(
    bench: Bench, fault: Fault, charged: tuple[bool, ...]
) -> None:
    """As the provider's book says for the answer that was delivered; the attempt before is doubtful if it had begun."""
    for seen in await bench.everywhere(fault, GOOD):
        lane, usage = seen.lane, seen.lease.usage
        assert (seen.text, seen.status, seen.trouble) == (GOOD.text, 200, ""), lane
        assert len(seen.served) == 2, lane
        delivered = seen.served[-1].usage
        assert delivered == USED, lane
        assert (usage.input_tokens, usage.output_tokens, usage.cached_tokens) == (40, 7, 8), lane
        assert (usage.model_calls, seen.lease.account.spent.tokens) == (1, 75), lane
        assert seen.lease.account.spent.usd == pytest.approx(usage.cost_usd), lane
        assert seen.broken == (lane.stream in charged), lane


@passing
async def test_what_does_not_pass_in_all_attempts_is_the_providers_failure(
    bench: Bench, fault: Fault, charged: tuple[bool, ...]
) -> None:
    """The role is told 503, the engine raises: no answer is counted."""
    before = len(list(bench.gateway.calls))
    for seen in await bench.everywhere(fault, fault):
        lane = seen.lane
        assert (seen.status, seen.text) == (503, ""), lane
        assert "provider_unavailable" in seen.said, lane
        assert "2 attempts" in seen.trouble, lane
        assert len(seen.served) == 2, lane
        assert (seen.lease.usage.model_calls, seen.lease.account.spent) == (0, Amount()), lane
        assert seen.broken == 2 * (lane.stream in charged), lane
    assert len(list(bench.gateway.calls)) == before


@pytest.mark.parametrize(
    "fault",
    [faults.unauthorized(), faults.forbidden(), faults.unknown_model(), faults.out_of_quota()],
    ids=["401", "403", "404", "quota"],
)
async def test_a_key_a_model_or_a_purse_that_is_wrong_is_not_tried_again(bench: Bench, fault: Fault) -> None:
    """It is the run's to mend: no attempt helps, and no role did it."""
    for seen in await bench.everywhere(fault, GOOD):
        assert (seen.status, len(seen.served)) == (503, 1), seen.lane
        assert "the provider refuses with" in seen.trouble, seen.lane
        assert "1 attempts" in seen.trouble, seen.lane
        assert (seen.lease.account.spent, seen.broken) == (Amount(), 0), seen.lane


@pytest.mark.parametrize("role", ["editor", "judge"])
async def test_a_provider_that_refuses_connections_is_unavailable(bench: Bench, role: str) -> None:
    """Nothing was charged: nothing had begun."""
    lanes = [lane for lane in LANES if (lane.protocol == "messages") == (role == "judge")]
    for seen in await bench.everywhere(lanes=lanes, role=role):
        assert (seen.status, seen.broken) == (503, 0), seen.lane
        assert "cannot be reached" in seen.trouble, seen.lane
        assert "2 attempts" in seen.trouble, seen.lane


@pytest.mark.parametrize(
    ("fault", "openai_says", "anthropic_says"),
    [
        (faults.context_overflow(), "context_length_exceeded", "prompt is too long"),
        (faults.content_filter(), "invalid_prompt", "content filtering"),
    ],
    ids=["context", "filter"],
)
async def test_what_the_role_did_is_passed_to_it(
    bench: Bench, fault: Fault, openai_says: str, anthropic_says: str
) -> None:
    """In the provider's own words: an answer like any other, that cost nothing."""
    for seen in await bench.everywhere(fault, GOOD):
        lane = seen.lane
        assert (seen.status, seen.trouble, len(seen.served)) == (400, "", 1), lane
        assert (anthropic_says if lane.protocol == "messages" else openai_says) in seen.said, lane
        assert (seen.lease.usage.model_calls, seen.lease.usage.cost_usd) == (1, 0), lane
        assert seen.broken == 0, lane


@pytest.mark.parametrize(
    ("reply", "text"),
    [
        (Reply("cut o", finish="length", usage=USED), "cut o"),
        (Reply("cut o", finish="content_filter", usage=USED), "cut o"),
        (Reply(tool_calls=[ToolCall("add", BROKEN_ARGUMENTS)], usage=USED), BROKEN_ARGUMENTS),
        (Reply("slow ly come", latency_s=0.05, delay_s=0.02, usage=USED), "slow ly come"),
        (Reply("", usage=USED), ""),
    ],
    ids=["length", "filtered", "arguments", "slow", "empty"],
)
async def test_an_answer_that_is_of_little_use_is_an_answer(bench: Bench, reply: Reply, text: str) -> None:
    """Cut off at its limit, filtered, with arguments that are no JSON, slow, empty: the role's to cope with."""
    for seen in await bench.everywhere(reply):
        assert (seen.text, seen.status, seen.trouble, len(seen.served)) == (text, 200, "", 1), seen.lane
        assert (seen.lease.account.spent.tokens, seen.broken) == (75, 0), seen.lane


async def test_an_answer_without_usage_counts_at_most_what_it_can_have_used(bench: Bench) -> None:
    """Never as nothing."""
    for seen in await bench.everywhere(Reply("who knows", report_usage=False)):
        assert (seen.text, seen.trouble) == ("who knows", ""), seen.lane
        assert 2_000 < seen.lease.account.spent.tokens <= WORST_TOKENS + 50, seen.lane
        assert seen.lease.usage.input_tokens > 2_000, seen.lane
        assert seen.lease.usage.cost_usd > 0, seen.lane
    assert [call.counted for call in bench.gateway.calls][-len(LANES) :] == [False] * len(LANES)


async def test_a_role_that_did_not_ask_for_usage_in_its_stream_gets_none(bench: Bench) -> None:
    """The gateway asks for it; SDKs that expect a choice in each chunk are not surprised. One that asks for it gets it."""
    for options, chunks in (({}, 0), ({"stream_options": {"include_usage": True}}, 1)):
        role = bench.gateways.role(bench.gateway, scope=f"usage/{chunks}")
        response = await role.ask("in a stream", stream=True, **options)
        assert response.text.count('"choices":[]') == chunks
        assert response.text.endswith("data: [DONE]\n\n")
        assert (await role.lease.close()).usage.input_tokens == 3


async def test_embeddings_are_answered_metered_and_tried_again(bench: Bench) -> None:
    """By the model that is granted for it alone."""
    body = bench.gateways.body_of("embeddings", "a text", model="openai/text-embedding-3-small")
    role = bench.gateways.role(bench.gateway, scope="embeddings")
    response = await role.post("embeddings", body)
    assert len(response.json()["data"][0]["embedding"]) == 64
    assert (await role.post("embeddings", {**body, "model": bench.gateways.OPENAI})).status_code == 403
    spent = await role.lease.close()
    assert (spent.usage.input_tokens, spent.usage.output_tokens, spent.usage.model_calls) == (2, 0, 1)


async def test_patience_ends_before_the_attempts_do(gateways: Any) -> None:
    """A provider that wants to be asked again in an hour is unavailable now."""
    tables = {"openai": {"attempts": 9, "patience_s": 1.0}}
    with serve(lambda _: faults.rate_limited(retry_after_s=3_600)) as provider:
        tables["openai"]["base_url"] = f"{provider.url}/v1"
        async with gateways.open(provider.url, providers=tables, roles={}) as gateway, asyncio.timeout(20):
            role = gateways.role(gateway)
            assert (await role.ask()).status_code == 503
            with pytest.raises(ProviderUnavailableError, match="1 attempts"):
                await role.lease.close()


async def test_only_so_many_calls_are_made_at_a_time(gateways: Any) -> None:
    """The others wait for their turn; waiting is no attempt and has no time-out."""
    at_once: list[int] = []
    with serve(lambda _: Reply("ok", latency_s=0.05)) as provider:

        def count(entry: Any) -> bool:
            return entry.open

        tables = {"openai": {"base_url": f"{provider.url}/v1", "concurrency": 2}}
        async with gateways.open(provider.url, providers=tables, roles={}) as gateway:
            role = gateways.role(gateway)
            asking = asyncio.gather(*(role.ask(f"{n}") for n in range(6)))
            while not asking.done():
                at_once.append(sum(map(count, provider.served)))
                await asyncio.sleep(0.005)
            assert {response.status_code for response in await asking} == {200}
    assert max(at_once) <= 2


async def test_a_retry_that_no_budget_allows_is_not_made(gateways: Any) -> None:
    """What broke off may have been charged: another attempt would pass the limit."""
    async with gateways.served(lambda _: faults.truncated(), job={"tokens": WORST_TOKENS + 500}) as (provider, gateway):
        role = gateways.role(gateway)
        assert (await role.ask()).status_code == 503
        with pytest.raises(ProviderUnavailableError, match="1 attempts"):
            await role.lease.close()
        assert len(provider.served) == 1
        assert role.lease.account.doubtful.tokens > 2_000
